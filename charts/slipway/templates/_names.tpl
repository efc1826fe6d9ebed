{{- define "slipway.name" -}}
{{ .Values.nameOverride | default .Chart.Name }}
{{- end }}

{{- /* A release named slipway makes objects named slipway, one named edge makes edge-slipway. */ -}}
{{- define "slipway.fullname" -}}
{{- $name := include "slipway.name" . -}}
{{- $joined := contains $name .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name $name) -}}
{{ .Values.fullnameOverride | default $joined | trunc 40 | trimSuffix "-" }}
{{- end }}

{{- define "slipway.serviceAccountName" -}}
{{ .Values.serviceAccount.name | default (include "slipway.fullname" .) }}
{{- end }}

{{- define "slipway.instance" -}}
app.kubernetes.io/name: {{ include "slipway.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- /* The operator's Pods, and not the one of `helm test`. */ -}}
{{- define "slipway.selector" -}}
{{ include "slipway.instance" . }}
app.kubernetes.io/component: operator
{{- end }}

{{- define "slipway.labels" -}}
{{ include "slipway.instance" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "slipway.metadata" -}}
name: {{ include "slipway.fullname" . }}
namespace: {{ .Release.Namespace }}
labels:
  {{- include "slipway.labels" . | nindent 2 }}
{{- end }}

{{- define "slipway.image" -}}
{{- $registry := .Values.image.registry | default (.Values.global).imageRegistry -}}
{{- with $registry }}{{ trimSuffix "/" . }}/{{ end -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- with .Values.image.digest }}@{{ . }}{{ end -}}
{{- end }}

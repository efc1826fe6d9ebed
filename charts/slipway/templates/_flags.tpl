{{- /* Values that are the operator's flags: `pollInterval: 60s` becomes `--poll-interval=60s`. What is empty or false is left out. */ -}}
{{- define "slipway.flags" -}}
{{- range include "slipway.served" . | fromJsonArray }}
- --namespace={{ . }}
{{- end }}
- --operator-namespace={{ .Release.Namespace }}
- --data-dir={{ include "slipway.dataDir" . }}
{{- range $value := tuple "bootBind" "bootUrl" "httpBootProgram" "metricsBind" "leaseName" "leaseDuration" "pollInterval" "resetTimeout" "shutdownTimeout" "bootTimeout"
    "retryPause" "deletionTimeout" "ociCallsPerMinute" "registrarCallsPerSecond" "logFormat" "log" }}
{{- with index $.Values $value }}
- {{ printf "--%s=%v" (kebabcase $value) (kindIs "float64" . | ternary (int64 .) .) | quote }}
{{- end }}
{{- end }}
{{- range .Values.allowNetworks }}
- --allow-network={{ . }}
{{- end }}
{{- range .Values.denyNetworks }}
- --deny-network={{ . }}
{{- end }}
{{- range $value := tuple "allowInsecureTls" "allowOciPrincipal" "deleteOrphanedSubscriptions" }}
{{- if index $.Values $value }}
- --{{ kebabcase $value }}
{{- end }}
{{- end }}
{{- if .Values.metrics.tlsSecretName }}
- --metrics-tls-cert=/etc/slipway/metrics-tls/tls.crt
- --metrics-tls-key=/etc/slipway/metrics-tls/tls.key
{{- end }}
{{- end }}

{{- define "slipway.dataDir" -}}
/var/lib/slipway
{{- end }}

{{- define "slipway.isClusterWide" -}}
{{ has "*" .Values.namespaces | ternary "yes" "" }}
{{- end }}

{{- /* Namespaces served one by one, as a JSON list; none when all are. */ -}}
{{- define "slipway.served" -}}
{{- if include "slipway.isClusterWide" . -}}
[]
{{- else -}}
{{ .Values.namespaces | default (list .Release.Namespace) | toJson }}
{{- end -}}
{{- end }}

{{- define "slipway.bootPort" -}}
{{ regexFind "[0-9]+$" .Values.bootBind }}
{{- end }}

{{- define "slipway.metricsPort" -}}
{{ regexFind "[0-9]+$" .Values.metricsBind }}
{{- end }}

{{- define "slipway.isOnHostNetwork" -}}
{{ eq .Values.bootService.expose "HostNetwork" | ternary "yes" "" }}
{{- end }}

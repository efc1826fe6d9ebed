{{- /* What the operator's Pod and the Pod of `helm test` have in common. */ -}}
{{- define "slipway.podIdentity" -}}
serviceAccountName: {{ include "slipway.serviceAccountName" . }}
# The token is mounted below, where one container sees it and with a short life.
automountServiceAccountToken: false
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  fsGroup: 65532
  seccompProfile: {type: RuntimeDefault}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "slipway.containerIdentity" -}}
image: {{ include "slipway.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
env:
  # No two processes that run at once have the same name.
  - name: SLIPWAY_IDENTITY
    valueFrom: {fieldRef: {fieldPath: metadata.name}}
  # Many small objects that come and go on every thread: one arena keeps the memory of a thousand of them together.
  - {name: MALLOC_ARENA_MAX, value: "1"}
  {{- with .Values.extraEnv }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
resources:
  {{- toYaml .Values.resources | nindent 2 }}
volumeMounts:
  - {name: data, mountPath: {{ include "slipway.dataDir" . }}}
  - {name: token, mountPath: /var/run/secrets/kubernetes.io/serviceaccount, readOnly: true}
  {{- if .Values.metrics.tlsSecretName }}
  - {name: metrics-tls, mountPath: /etc/slipway/metrics-tls, readOnly: true}
  {{- end }}
  {{- with .Values.extraVolumeMounts }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}

{{- define "slipway.volumes" -}}
- name: token
  projected:
    defaultMode: 288 # 0440
    sources:
      - serviceAccountToken: {path: token, expirationSeconds: 3600}
      - configMap: {name: kube-root-ca.crt, items: [{key: ca.crt, path: ca.crt}]}
      - downwardAPI: {items: [{path: namespace, fieldRef: {fieldPath: metadata.namespace}}]}
{{- with .Values.metrics.tlsSecretName }}
- name: metrics-tls
  secret:
    secretName: {{ . }}
    defaultMode: 288 # 0440
    items: [{key: tls.crt, path: tls.crt}, {key: tls.key, path: tls.key}]
{{- end }}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end }}

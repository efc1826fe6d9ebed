{{- /* The least that the operator uses: config/rbac says the same, and a test compares both. */ -}}
{{- define "slipway.operatorRules" -}}
- apiGroups: [slipway.dev]
  resources: [baremetalhosts, installprofiles, infrastructures, clustersubscriptions]
  verbs: [list, watch]
# The memory annotation, labels of capabilities, and the finalizer of objects whose deletion policy has an effect.
- apiGroups: [slipway.dev]
  resources: [baremetalhosts, infrastructures, clustersubscriptions]
  verbs: [patch]
- apiGroups: [slipway.dev]
  resources: [baremetalhosts/status, installprofiles/status, infrastructures/status, clustersubscriptions/status]
  verbs: [update]
# For spec.cluster.clusterApiRef of a ClusterSubscription.
- apiGroups: [cluster.x-k8s.io]
  resources: [clusters]
  verbs: [get]
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create, patch]
# Each namespace with objects is claimed by one installation. Creation cannot be limited to a name.
{{ include "slipway.leaseRules" "slipway-claim" }}
{{- end }}

{{- define "slipway.leaseRules" -}}
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  resourceNames: [{{ . }}]
  verbs: [get, update]
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  verbs: [create]
{{- end }}

{{- define "slipway.secretRules" -}}
- apiGroups: [""]
  resources: [secrets]
  verbs: [get]
{{- end }}

{{- /* A binding to the operator: dict "root" . "kind" "Role" "name" NAME "namespace" WHERE; without a namespace a ClusterRoleBinding. */ -}}
{{- define "slipway.binding" -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ .namespace | empty | ternary "ClusterRoleBinding" "RoleBinding" }}
metadata:
  name: {{ .name }}
  {{- with .namespace }}
  namespace: {{ . }}
  {{- end }}
  labels:
    {{- include "slipway.labels" .root | nindent 4 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: {{ .kind }}
  name: {{ .name }}
subjects:
  - kind: ServiceAccount
    name: {{ include "slipway.serviceAccountName" .root }}
    namespace: {{ .root.Release.Namespace }}
{{- end }}

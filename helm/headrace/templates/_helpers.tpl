{{- define "headrace.fullname" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end }}

{{- define "headrace.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "headrace.labels" -}}
{{ include "headrace.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | quote }}
{{- end }}

{{- define "headrace.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- .Values.serviceAccount.name | default (include "headrace.fullname" .) -}}
{{- else -}}
{{- .Values.serviceAccount.name | default "default" -}}
{{- end -}}
{{- end }}

{{- define "headrace.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) -}}
{{- end -}}
{{- end }}

{{/* Whether workers share one node and one volume: a SQLite file does not reach across nodes, and an
archive below the chart's own directory is kept like it. */}}
{{- define "headrace.storeVolume" -}}
{{- $archive := regexMatch "^ndjson:/var/lib/headrace([/?]|$)" .Values.store.url -}}
{{- if and (not .Values.store.urlSecret.name) (or $archive (hasPrefix "sqlite:" .Values.store.url)) -}}yes{{- end -}}
{{- end }}

{{/* Pod Security "restricted", with nothing left to choose. */}}
{{- define "headrace.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "headrace.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{/* Settings that every Headrace process reads. Values come as environment, secrets as files. */}}
{{- define "headrace.env" -}}
- name: HEADRACE_KAFKA_BROKERS
  value: {{ .Values.kafka.brokers | quote }}
{{- if .Values.kafka.propertiesSecret.name }}
- name: HEADRACE_KAFKA_PROPERTIES_FILE
  value: /run/headrace/kafka/properties
{{- end }}
- name: HEADRACE_TOPIC_PREFIX
  value: {{ .Values.topics.prefix | quote }}
- name: HEADRACE_LOG_LEVEL
  value: {{ .Values.log.level }}
- name: HEADRACE_LOG_FORMAT
  value: {{ .Values.log.format }}
{{- end }}

{{- define "headrace.kafkaVolume" -}}
- name: kafka-properties
  secret:
    secretName: {{ .Values.kafka.propertiesSecret.name }}
    defaultMode: 0440
    items:
      - {key: {{ .Values.kafka.propertiesSecret.key | quote }}, path: properties}
{{- end }}

{{/* Where episodes end up: a plain value, or a file with the secret's. */}}
{{- define "headrace.storeEnv" -}}
{{- if .Values.store.urlSecret.name -}}
- name: HEADRACE_STORE_FILE
  value: /run/headrace/store/url
{{- else -}}
- name: HEADRACE_STORE
  value: {{ .Values.store.url | quote }}
{{- end -}}
{{- end }}

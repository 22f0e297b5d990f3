{{/* Where pods run. */}}
{{- define "carillon.scheduling" -}}
dnsPolicy: {{ .Values.dnsPolicy }}
{{- with .Values.dnsConfig }}
dnsConfig:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.hostAliases }}
hostAliases:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- range $name := list "priorityClassName" "runtimeClassName" "schedulerName" }}
{{- with get $.Values $name }}
{{ $name }}: {{ . | quote }}
{{- end }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity:
  {{- tpl (toYaml .) $ | nindent 2 }}
{{- end }}
{{- with .Values.topologySpreadConstraints }}
topologySpreadConstraints:
  {{- range . }}
  {{- $rule := deepCopy . }}
  {{- if not $rule.labelSelector }}
  {{- $_ := set $rule "labelSelector" (dict "matchLabels" (include "carillon.selectorLabels" $ | fromYaml)) }}
  {{- end }}
  {{- toYaml (list $rule) | nindent 2 }}
  {{- end }}
{{- end }}
{{- end -}}

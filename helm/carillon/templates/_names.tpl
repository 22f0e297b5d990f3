{{/* Names and labels, quoted wherever they stand alone: `2024` and `true` are names, too. Names of objects end at 52
characters: a pod's name and the label of its revision are longer. */}}

{{- define "carillon.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 52 | trimSuffix "-" -}}
{{- end -}}

{{- define "carillon.fullname" -}}
{{- $name := include "carillon.name" . -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "carillon.namespace" -}}
{{- default .Release.Namespace .Values.namespaceOverride -}}
{{- end -}}

{{- define "carillon.serviceAccountName" -}}
{{- default (ternary (include "carillon.fullname" .) "default" .Values.serviceAccount.create) (tpl .Values.serviceAccount.name .) -}}
{{- end -}}

{{- define "carillon.image" -}}
{{- $image := .Values.image -}}
{{- $registry := tpl $image.registry . -}}
{{- $name := tpl $image.repository . -}}
{{- if $registry -}}{{- $name = printf "%s/%s" $registry $name -}}{{- end -}}
{{- if $image.digest -}}
{{- printf "%s@%s" $name $image.digest -}}
{{- else -}}
{{- printf "%s:%s" $name (default .Chart.AppVersion (tpl $image.tag .)) -}}
{{- end -}}
{{- end -}}

{{/* What selects the pods: never to be changed, a StatefulSet's selector can't be. */}}
{{- define "carillon.selectorLabels" -}}
app.kubernetes.io/name: {{ include "carillon.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/component: server
{{- end -}}

{{/* labels of an object: (list $ component own...), where each of `own` is a map of labels. */}}
{{- define "carillon.labels" -}}
{{- $root := index . 0 -}}
{{- $labels := dict
  "app.kubernetes.io/name" (include "carillon.name" $root)
  "app.kubernetes.io/instance" $root.Release.Name
  "app.kubernetes.io/component" (index . 1)
  "app.kubernetes.io/version" ($root.Chart.AppVersion | replace "+" "_" | trunc 63)
  "app.kubernetes.io/managed-by" $root.Release.Service
  "app.kubernetes.io/part-of" "carillon"
  "helm.sh/chart" (printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-") -}}
{{- $own := dict -}}
{{- range concat (list $root.Values.commonLabels) (slice . 2) -}}
{{- $own = mergeOverwrite $own (deepCopy (default dict .)) -}}
{{- end -}}
{{- $labels = merge $labels $own -}}
{{- tpl (toYaml $labels) $root -}}
{{- end -}}

{{/* metadata of an object: dict "root" $ "name" ... "component" ... "labels" {} "annotations" {} */}}
{{- define "carillon.metadata" -}}
{{- $annotations := mergeOverwrite (deepCopy .root.Values.commonAnnotations) (deepCopy (default dict .annotations)) -}}
name: {{ .name | quote }}
namespace: {{ default (include "carillon.namespace" .root) .namespace | quote }}
labels:
  {{- include "carillon.labels" (list .root .component .labels) | nindent 2 }}
{{- with $annotations }}
annotations:
  {{- tpl (toYaml .) $.root | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "carillon.pullSecrets" -}}
{{- with .Values.image.pullSecrets -}}
imagePullSecrets:
  {{- tpl (toYaml .) $ | nindent 2 }}
{{- end -}}
{{- end -}}

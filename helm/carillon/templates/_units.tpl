{{/* Seconds of a duration as carillond writes it (`1h30m`, `500ms`), rounded up. */}}
{{- define "carillon.seconds" -}}
{{- $ms := 0.0 -}}
{{- range regexFindAll "[0-9]+(\\.[0-9]+)?(ms|s|m|h|d)" (toString .) -1 -}}
{{- $unit := regexFind "[a-z]+$" . -}}
{{- $number := trimSuffix $unit . | float64 -}}
{{- $ms = addf $ms (mulf $number (get (dict "ms" 1.0 "s" 1000.0 "m" 60000.0 "h" 3600000.0 "d" 86400000.0) $unit)) -}}
{{- end -}}
{{- divf $ms 1000.0 | ceil | int64 -}}
{{- end -}}

{{/* Bytes of a size of a volume (`20Gi`, `500M`). */}}
{{- define "carillon.bytes" -}}
{{- $unit := regexFind "[A-Za-z]+$" . -}}
{{- $units := dict "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776 "M" 1000000 "G" 1000000000 "T" 1000000000000 -}}
{{- mul (trimSuffix $unit . | int64) (get $units $unit | int64) -}}
{{- end -}}

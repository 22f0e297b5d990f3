// What Grafana's own types say of a dashboard, panel by panel. A member that they do not know, one that is
// missing and a value of another type are errors of the compiler.
import type { Dashboard, GraphFieldConfig, Panel, RowPanel, TableFieldOptions } from '@grafana/schema';
import type { Options as Heatmap, FieldConfig as HeatmapFields } from
  '@grafana/schema/dist/types/raw/composable/heatmap/panelcfg/x/HeatmapPanelCfg_types.gen.d.ts';
import type { Options as Stat } from
  '@grafana/schema/dist/types/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen.d.ts';
import type { Options as Table } from
  '@grafana/schema/dist/types/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen.d.ts';
import type { Options as TimeSeries } from
  '@grafana/schema/dist/types/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen.d.ts';

// JSON has the values of enumerations, not their members.
type Json<T> = T extends string ? `${T}` : T extends object ? { [K in keyof T]: Json<T[K]> } : T;

// Grafana's schema leaves queries open; this is what its Prometheus data source reads.
interface Target {
  datasource: { type: 'prometheus'; uid: string };
  editorMode: 'code';
  expr: string;
  format: 'time_series' | 'heatmap' | 'table';
  instant: boolean;
  range: boolean;
  legendFormat: string;
  refId: string;
}

type Defaults = NonNullable<Panel['fieldConfig']>['defaults'];
type Fields<Custom> = Omit<NonNullable<Panel['fieldConfig']>, 'defaults'> & {
  defaults: Omit<Defaults, 'custom'> & { custom?: Custom };
};
type Of<Kind extends string, Options, Custom> =
  Omit<Panel, 'type' | 'options' | 'fieldConfig' | 'targets'> & {
    type: Kind;
    options: Options;
    fieldConfig: Fields<Custom>;
    targets: Target[];
  };

type AnyPanel =
  | RowPanel
  | Of<'stat', Stat, never>
  | Of<'timeseries', TimeSeries, GraphFieldConfig>
  | Of<'heatmap', Heatmap, HeatmapFields>
  | Of<'table', Table, Omit<TableFieldOptions, 'filterable' | 'width' | 'minWidth' | 'hidden'>>;

export type Checked = Json<Omit<Dashboard, 'panels'> & { panels: AnyPanel[] }>;

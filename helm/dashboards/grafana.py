"""Builders for Grafana's JSON. A dashboard is a list of rows of panels; places on the grid follow from
their sizes, ids from their order, so that the same source always gives the same file.

In queries `@` stands for the selector of what the variables choose: `carillon_dead_total{@}`,
`carillon_attempts_total{@, outcome="dns"}`. All panels work without the recording rules.
"""

import json

TAG = "carillon"
COLUMNS = 24
SELECTOR = 'namespace=~"$namespace", job=~"$job", instance=~"$instance"'
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}

GREEN, YELLOW, ORANGE, RED, BLUE = "green", "yellow", "orange", "red", "blue"


def above(*steps):
    """Thresholds: green, then (value, color) pairs from low to high."""
    return [{"color": GREEN, "value": None}] + [{"color": c, "value": v} for v, c in steps]


def below(*steps):
    """Thresholds for what should be high: red, then (value, color) pairs from low to high."""
    return [{"color": RED, "value": None}] + [{"color": c, "value": v} for v, c in steps]


NONE = [{"color": GREEN, "value": None}]
# Of failures a second, of deliveries that wait, of what should not happen more often than once a minute, and of what
# should not happen at all.
FAILURES = above((0.1, YELLOW), (1, RED))
BACKLOG = above((10000, YELLOW), (1000000, RED))
A_MINUTE = above((1 / 60, ORANGE))
NEVER = above((1e-6, RED))


def query(expr, legend="__auto", instant=False, form="time_series"):
    return {"expr": expr.replace("@", SELECTOR), "legend": legend, "instant": instant, "form": form}


def target(position, one):
    return {"datasource": DATASOURCE, "editorMode": "code", "expr": one["expr"],
            "format": one["form"], "instant": one["instant"], "range": not one["instant"],
            "legendFormat": one["legend"], "refId": chr(ord("A") + position)}


def panel(kind, title, description, queries, unit, options, *, width, height, thresholds=NONE,
          custom=None, overrides=(), runbooks=(), low=None, high=None, color="palette-classic",
          transformations=(), decimals=None, mappings=()):
    defaults = {"color": {"mode": color}, "mappings": list(mappings), "unit": unit,
                "thresholds": {"mode": "absolute", "steps": thresholds}}
    for name, value in (("min", low), ("max", high), ("custom", custom), ("decimals", decimals)):
        if value is not None:
            defaults[name] = value
    return {"type": kind, "title": title, "description": description, "datasource": DATASOURCE,
            "targets": [target(i, one) for i, one in enumerate(queries)],
            "fieldConfig": {"defaults": defaults, "overrides": list(overrides)},
            "options": options, "transformations": list(transformations),
            "links": [link(f"Runbook: {name}", f"${{runbooks}}/{name}.md") for name in runbooks],
            "gridPos": {"h": height, "w": width, "x": 0, "y": 0}}


def link(title, url):
    return {"asDropdown": False, "icon": "doc", "includeVars": False, "keepTime": False, "tags": [],
            "targetBlank": True, "title": title, "tooltip": "", "type": "link", "url": url}


def stat(title, description, expr, unit, thresholds, *, width=4, runbooks=(), **more):
    """One number, with its course behind it."""
    options = {"colorMode": "value", "graphMode": "area", "justifyMode": "auto", "textMode": "value",
               "orientation": "auto", "wideLayout": True, "showPercentChange": False,
               "percentChangeColorMode": "standard",
               "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False}}
    return panel("stat", title, description, [query(expr)], unit, options, width=width, height=4,
                 thresholds=thresholds, runbooks=runbooks, color="thresholds", **more)


def graph(title, description, queries, unit, *, width=12, height=8, thresholds=NONE, stack=False,
          runbooks=(), low=0, log=False, **more):
    """Lines over time; `queries`: (expression, legend) pairs."""
    marked = len(thresholds) > 1
    custom = {"drawStyle": "line", "lineInterpolation": "linear", "lineWidth": 1,
              "fillOpacity": 25 if stack else 8, "gradientMode": "none", "showPoints": "never",
              "spanNulls": False, "axisPlacement": "auto", "axisLabel": "",
              "scaleDistribution": {"type": "log", "log": 10} if log else {"type": "linear"},
              "stacking": {"group": "A", "mode": "normal" if stack else "none"},
              "thresholdsStyle": {"mode": "dashed" if marked else "off"}}
    options = {"legend": {"calcs": ["lastNotNull", "max"], "displayMode": "table",
                          "placement": "right" if width > 12 else "bottom", "showLegend": True},
               "tooltip": {"mode": "multi", "sort": "desc"}}
    return panel("timeseries", title, description, [query(e, n) for e, n in queries], unit, options,
                 width=width, height=height, thresholds=thresholds, custom=custom,
                 runbooks=runbooks, low=None if log else low, **more)


def heatmap(title, description, expr, *, width=12, height=8, unit="s", runbooks=()):
    """Buckets of a histogram over time; `expr` gives one series for each `le`."""
    options = {"calculate": False, "cellGap": 1, "cellValues": {},
               "color": {"exponent": 0.5, "fill": "dark-blue", "mode": "scheme", "reverse": False,
                         "scale": "exponential", "scheme": "Oranges", "steps": 64},
               "exemplars": {"color": "rgba(255,0,255,0.7)"}, "filterValues": {"le": 1e-9},
               "legend": {"show": True}, "rowsFrame": {"layout": "auto"}, "showValue": "never",
               "tooltip": {"mode": "single", "showColorScale": True, "yHistogram": True},
               "yAxis": {"axisPlacement": "left", "reverse": False, "unit": unit}}
    return panel("heatmap", title, description, [query(expr, "{{le}}", form="heatmap")], "ops",
                 options, width=width, height=height, runbooks=runbooks,
                 custom={"scaleDistribution": {"type": "linear"}})


def table(title, description, queries, unit, *, width=12, height=8, thresholds=NONE, names=None,
          hide=(), units=None, sort=None, runbooks=(), **more):
    """Rows of labels and values now. `queries`: (expression, name of its column) pairs, joined by
    their labels; `names`: titles of label columns; `units`: of value columns of another unit."""
    alone = len(queries) == 1
    columns = {("Value" if alone else f"Value #{chr(ord('A') + i)}"): name
               for i, (_, name) in enumerate(queries)}
    gone = {name: True for name in ("Time", "__name__", *hide)}
    overrides = [{"matcher": {"id": "byName", "options": name}, "properties": [
        {"id": "unit", "value": value}]} for name, value in (units or {}).items()]
    overrides += [{"matcher": {"id": "byName", "options": name}, "properties": [
        {"id": "custom.cellOptions", "value": {"type": "color-text"}}]} for name in columns.values()]
    overrides.append({"matcher": {"id": "byName", "options": "destination"}, "properties": [
        {"id": "links", "value": [{"title": "This destination", "url": DRILL_DOWN}]}]})
    return panel("table", title, description,
                 [query(e, "__auto", instant=True, form="table") for e, _ in queries], unit,
                 {"cellHeight": "sm", "frameIndex": 0, "showHeader": True,
                  "sortBy": [{"desc": True, "displayName": sort or queries[0][1]}]},
                 width=width, height=height, thresholds=thresholds, runbooks=runbooks,
                 color="thresholds", overrides=overrides,
                 custom={"align": "auto", "cellOptions": {"type": "auto"}, "inspect": False},
                 transformations=([] if alone else [{"id": "merge", "options": {}}]) + [
                     {"id": "organize", "options": {"excludeByName": gone, "indexByName": {},
                                                    "renameByName": {**columns, **(names or {})}}}],
                 **more)


DRILL_DOWN = ("d/carillon-destinations/?${datasource:queryparam}&${namespace:queryparam}"
              "&${job:queryparam}&${instance:queryparam}&${__url_time_range}"
              "&var-tenant=${__data.fields.tenant}&var-destination=${__data.fields.destination}")


def choice(name, label, metric, selector):
    """A variable whose values are those of a label; any number of them, all of them at first."""
    return {"type": "query", "name": name, "label": label, "datasource": DATASOURCE,
            "query": {"query": f"label_values({metric}{{{selector}}}, {name})", "refId": name},
            "refresh": 2, "sort": 1, "multi": True, "includeAll": True, "allValue": ".*",
            "current": {"selected": True, "text": ["All"], "value": ["$__all"]},
            "options": [], "regex": "", "hide": 0}


def variables():
    return [
        {"type": "datasource", "name": "datasource", "label": "Data source", "query": "prometheus",
         "current": {"text": "default", "value": "default"}, "options": [], "regex": "", "hide": 0,
         "refresh": 1, "multi": False, "includeAll": False},
        choice("namespace", "Namespace", "carillon_build_info", ""),
        choice("job", "Job", "carillon_build_info", 'namespace=~"$namespace"'),
        choice("instance", "Instance", "carillon_build_info",
               'namespace=~"$namespace", job=~"$job"'),
        # Where the pages of docs/runbooks are served; no host is assumed.
        {"type": "textbox", "name": "runbooks", "label": "Runbooks at", "query": "docs/runbooks",
         "current": {"text": "docs/runbooks", "value": "docs/runbooks"}, "options": [], "hide": 0},
    ]


def placed(rows):
    """Gives each panel its place and its id. A row: (title or None, panels)."""
    panels, y = [], 0
    for title, members in rows:
        if title:
            panels.append({"type": "row", "title": title, "collapsed": False, "panels": [],
                           "gridPos": {"h": 1, "w": COLUMNS, "x": 0, "y": y}})
            y += 1
        x = height = 0
        for one in members:
            if x + one["gridPos"]["w"] > COLUMNS:
                x, y, height = 0, y + height, 0
            one["gridPos"].update(x=x, y=y)
            x, height = x + one["gridPos"]["w"], max(height, one["gridPos"]["h"])
            panels.append(one)
        y += height
    for number, one in enumerate(panels, 1):
        one["id"] = number
    return panels


def dashboard(uid, title, description, rows, more_variables=()):
    between = {"asDropdown": False, "icon": "external link", "includeVars": True, "keepTime": True,
               "tags": [TAG], "targetBlank": False, "title": "Carillon", "tooltip": "",
               "type": "dashboards", "url": ""}
    return {"uid": uid, "title": title, "description": description, "tags": [TAG],
            "editable": True, "graphTooltip": 1, "schemaVersion": 39, "refresh": "30s",
            "time": {"from": "now-1h", "to": "now"}, "timezone": "browser", "fiscalYearStartMonth": 0,
            "timepicker": {}, "annotations": {"list": []},
            "links": [between, link("Runbooks", "${runbooks}/README.md")],
            "templating": {"list": variables() + list(more_variables)}, "panels": placed(rows)}


def text(value):
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"

#include "CDashboardPages.h"

// A word of C23 that the compiler knows in older C, too.
#pragma clang diagnostic ignored "-Wc23-extensions"

// Every file below Pages/; a test sees to it that none is missing.

static const unsigned char app_js[] = {
#embed "Pages/app.js"
};
static const unsigned char core_api_js[] = {
#embed "Pages/core/api.js"
};
static const unsigned char core_colours_js[] = {
#embed "Pages/core/colours.js"
};
static const unsigned char core_dom_js[] = {
#embed "Pages/core/dom.js"
};
static const unsigned char core_endpoints_js[] = {
#embed "Pages/core/endpoints.js"
};
static const unsigned char core_format_js[] = {
#embed "Pages/core/format.js"
};
static const unsigned char core_gestures_js[] = {
#embed "Pages/core/gestures.js"
};
static const unsigned char core_history_js[] = {
#embed "Pages/core/history.js"
};
static const unsigned char core_json_js[] = {
#embed "Pages/core/json.js"
};
static const unsigned char core_metrics_js[] = {
#embed "Pages/core/metrics.js"
};
static const unsigned char core_pca_worker_js[] = {
#embed "Pages/core/pca-worker.js"
};
static const unsigned char core_pca_js[] = {
#embed "Pages/core/pca.js"
};
static const unsigned char core_plane_js[] = {
#embed "Pages/core/plane.js"
};
static const unsigned char core_router_js[] = {
#embed "Pages/core/router.js"
};
static const unsigned char core_session_js[] = {
#embed "Pages/core/session.js"
};
static const unsigned char core_templates_js[] = {
#embed "Pages/core/templates.js"
};
static const unsigned char core_theme_first_js[] = {
#embed "Pages/core/theme-first.js"
};
static const unsigned char core_theme_js[] = {
#embed "Pages/core/theme.js"
};
static const unsigned char core_token_js[] = {
#embed "Pages/core/token.js"
};
static const unsigned char core_watch_js[] = {
#embed "Pages/core/watch.js"
};
static const unsigned char icon_svg[] = {
#embed "Pages/icon.svg"
};
static const unsigned char index_html[] = {
#embed "Pages/index.html"
};
static const unsigned char parts_aliases_panel_js[] = {
#embed "Pages/parts/aliases-panel.js"
};
static const unsigned char parts_button_js[] = {
#embed "Pages/parts/button.js"
};
static const unsigned char parts_charts_js[] = {
#embed "Pages/parts/charts.js"
};
static const unsigned char parts_create_collection_js[] = {
#embed "Pages/parts/create-collection.js"
};
static const unsigned char parts_definitions_js[] = {
#embed "Pages/parts/definitions.js"
};
static const unsigned char parts_dialog_js[] = {
#embed "Pages/parts/dialog.js"
};
static const unsigned char parts_edit_collection_js[] = {
#embed "Pages/parts/edit-collection.js"
};
static const unsigned char parts_explanation_js[] = {
#embed "Pages/parts/explanation.js"
};
static const unsigned char parts_field_js[] = {
#embed "Pages/parts/field.js"
};
static const unsigned char parts_filter_builder_js[] = {
#embed "Pages/parts/filter-builder.js"
};
static const unsigned char parts_key_prompt_js[] = {
#embed "Pages/parts/key-prompt.js"
};
static const unsigned char parts_memory_panel_js[] = {
#embed "Pages/parts/memory-panel.js"
};
static const unsigned char parts_meter_js[] = {
#embed "Pages/parts/meter.js"
};
static const unsigned char parts_named_vectors_js[] = {
#embed "Pages/parts/named-vectors.js"
};
static const unsigned char parts_notices_js[] = {
#embed "Pages/parts/notices.js"
};
static const unsigned char parts_paged_table_js[] = {
#embed "Pages/parts/paged-table.js"
};
static const unsigned char parts_point_card_js[] = {
#embed "Pages/parts/point-card.js"
};
static const unsigned char parts_scatter_js[] = {
#embed "Pages/parts/scatter.js"
};
static const unsigned char parts_servers_panel_js[] = {
#embed "Pages/parts/servers-panel.js"
};
static const unsigned char parts_snapshot_list_js[] = {
#embed "Pages/parts/snapshot-list.js"
};
static const unsigned char parts_status_js[] = {
#embed "Pages/parts/status.js"
};
static const unsigned char parts_token_maker_js[] = {
#embed "Pages/parts/token-maker.js"
};
static const unsigned char parts_trouble_js[] = {
#embed "Pages/parts/trouble.js"
};
static const unsigned char parts_vector_fields_js[] = {
#embed "Pages/parts/vector-fields.js"
};
static const unsigned char parts_vector_panels_js[] = {
#embed "Pages/parts/vector-panels.js"
};
static const unsigned char style_controls_css[] = {
#embed "Pages/style/controls.css"
};
static const unsigned char style_layout_css[] = {
#embed "Pages/style/layout.css"
};
static const unsigned char style_tokens_css[] = {
#embed "Pages/style/tokens.css"
};
static const unsigned char style_views_css[] = {
#embed "Pages/style/views.css"
};
static const unsigned char views_access_js[] = {
#embed "Pages/views/access.js"
};
static const unsigned char views_activity_js[] = {
#embed "Pages/views/activity.js"
};
static const unsigned char views_collection_about_js[] = {
#embed "Pages/views/collection-about.js"
};
static const unsigned char views_collection_payload_js[] = {
#embed "Pages/views/collection-payload.js"
};
static const unsigned char views_collection_snapshots_js[] = {
#embed "Pages/views/collection-snapshots.js"
};
static const unsigned char views_collection_js[] = {
#embed "Pages/views/collection.js"
};
static const unsigned char views_console_js[] = {
#embed "Pages/views/console.js"
};
static const unsigned char views_latencies_js[] = {
#embed "Pages/views/latencies.js"
};
static const unsigned char views_map_js[] = {
#embed "Pages/views/map.js"
};
static const unsigned char views_overview_figures_js[] = {
#embed "Pages/views/overview-figures.js"
};
static const unsigned char views_overview_js[] = {
#embed "Pages/views/overview.js"
};
static const unsigned char views_points_js[] = {
#embed "Pages/views/points.js"
};
static const unsigned char views_snapshots_js[] = {
#embed "Pages/views/snapshots.js"
};

#define PAGE(name, bytes) {name, bytes, sizeof(bytes)}

static const quiver_dashboard_page pages[] = {
  PAGE("app.js", app_js),
  PAGE("core/api.js", core_api_js),
  PAGE("core/colours.js", core_colours_js),
  PAGE("core/dom.js", core_dom_js),
  PAGE("core/endpoints.js", core_endpoints_js),
  PAGE("core/format.js", core_format_js),
  PAGE("core/gestures.js", core_gestures_js),
  PAGE("core/history.js", core_history_js),
  PAGE("core/json.js", core_json_js),
  PAGE("core/metrics.js", core_metrics_js),
  PAGE("core/pca-worker.js", core_pca_worker_js),
  PAGE("core/pca.js", core_pca_js),
  PAGE("core/plane.js", core_plane_js),
  PAGE("core/router.js", core_router_js),
  PAGE("core/session.js", core_session_js),
  PAGE("core/templates.js", core_templates_js),
  PAGE("core/theme-first.js", core_theme_first_js),
  PAGE("core/theme.js", core_theme_js),
  PAGE("core/token.js", core_token_js),
  PAGE("core/watch.js", core_watch_js),
  PAGE("icon.svg", icon_svg),
  PAGE("index.html", index_html),
  PAGE("parts/aliases-panel.js", parts_aliases_panel_js),
  PAGE("parts/button.js", parts_button_js),
  PAGE("parts/charts.js", parts_charts_js),
  PAGE("parts/create-collection.js", parts_create_collection_js),
  PAGE("parts/definitions.js", parts_definitions_js),
  PAGE("parts/dialog.js", parts_dialog_js),
  PAGE("parts/edit-collection.js", parts_edit_collection_js),
  PAGE("parts/explanation.js", parts_explanation_js),
  PAGE("parts/field.js", parts_field_js),
  PAGE("parts/filter-builder.js", parts_filter_builder_js),
  PAGE("parts/key-prompt.js", parts_key_prompt_js),
  PAGE("parts/memory-panel.js", parts_memory_panel_js),
  PAGE("parts/meter.js", parts_meter_js),
  PAGE("parts/named-vectors.js", parts_named_vectors_js),
  PAGE("parts/notices.js", parts_notices_js),
  PAGE("parts/paged-table.js", parts_paged_table_js),
  PAGE("parts/point-card.js", parts_point_card_js),
  PAGE("parts/scatter.js", parts_scatter_js),
  PAGE("parts/servers-panel.js", parts_servers_panel_js),
  PAGE("parts/snapshot-list.js", parts_snapshot_list_js),
  PAGE("parts/status.js", parts_status_js),
  PAGE("parts/token-maker.js", parts_token_maker_js),
  PAGE("parts/trouble.js", parts_trouble_js),
  PAGE("parts/vector-fields.js", parts_vector_fields_js),
  PAGE("parts/vector-panels.js", parts_vector_panels_js),
  PAGE("style/controls.css", style_controls_css),
  PAGE("style/layout.css", style_layout_css),
  PAGE("style/tokens.css", style_tokens_css),
  PAGE("style/views.css", style_views_css),
  PAGE("views/access.js", views_access_js),
  PAGE("views/activity.js", views_activity_js),
  PAGE("views/collection-about.js", views_collection_about_js),
  PAGE("views/collection-payload.js", views_collection_payload_js),
  PAGE("views/collection-snapshots.js", views_collection_snapshots_js),
  PAGE("views/collection.js", views_collection_js),
  PAGE("views/console.js", views_console_js),
  PAGE("views/latencies.js", views_latencies_js),
  PAGE("views/map.js", views_map_js),
  PAGE("views/overview-figures.js", views_overview_figures_js),
  PAGE("views/overview.js", views_overview_js),
  PAGE("views/points.js", views_points_js),
  PAGE("views/snapshots.js", views_snapshots_js),
};

const quiver_dashboard_page *quiver_dashboard_pages(size_t *count) {
  *count = sizeof(pages) / sizeof(pages[0]);
  return pages;
}

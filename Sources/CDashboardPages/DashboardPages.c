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
static const unsigned char core_dom_js[] = {
#embed "Pages/core/dom.js"
};
static const unsigned char core_endpoints_js[] = {
#embed "Pages/core/endpoints.js"
};
static const unsigned char core_format_js[] = {
#embed "Pages/core/format.js"
};
static const unsigned char core_metrics_js[] = {
#embed "Pages/core/metrics.js"
};
static const unsigned char core_router_js[] = {
#embed "Pages/core/router.js"
};
static const unsigned char core_session_js[] = {
#embed "Pages/core/session.js"
};
static const unsigned char core_theme_first_js[] = {
#embed "Pages/core/theme-first.js"
};
static const unsigned char core_theme_js[] = {
#embed "Pages/core/theme.js"
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
static const unsigned char parts_create_collection_js[] = {
#embed "Pages/parts/create-collection.js"
};
static const unsigned char parts_dialog_js[] = {
#embed "Pages/parts/dialog.js"
};
static const unsigned char parts_field_js[] = {
#embed "Pages/parts/field.js"
};
static const unsigned char parts_key_prompt_js[] = {
#embed "Pages/parts/key-prompt.js"
};
static const unsigned char parts_meter_js[] = {
#embed "Pages/parts/meter.js"
};
static const unsigned char parts_notices_js[] = {
#embed "Pages/parts/notices.js"
};
static const unsigned char parts_paged_table_js[] = {
#embed "Pages/parts/paged-table.js"
};
static const unsigned char parts_status_js[] = {
#embed "Pages/parts/status.js"
};
static const unsigned char parts_trouble_js[] = {
#embed "Pages/parts/trouble.js"
};
static const unsigned char parts_vector_fields_js[] = {
#embed "Pages/parts/vector-fields.js"
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
static const unsigned char views_overview_figures_js[] = {
#embed "Pages/views/overview-figures.js"
};
static const unsigned char views_overview_js[] = {
#embed "Pages/views/overview.js"
};

#define PAGE(name, bytes) {name, bytes, sizeof(bytes)}

static const quiver_dashboard_page pages[] = {
  PAGE("app.js", app_js),
  PAGE("core/api.js", core_api_js),
  PAGE("core/dom.js", core_dom_js),
  PAGE("core/endpoints.js", core_endpoints_js),
  PAGE("core/format.js", core_format_js),
  PAGE("core/metrics.js", core_metrics_js),
  PAGE("core/router.js", core_router_js),
  PAGE("core/session.js", core_session_js),
  PAGE("core/theme-first.js", core_theme_first_js),
  PAGE("core/theme.js", core_theme_js),
  PAGE("core/watch.js", core_watch_js),
  PAGE("icon.svg", icon_svg),
  PAGE("index.html", index_html),
  PAGE("parts/create-collection.js", parts_create_collection_js),
  PAGE("parts/dialog.js", parts_dialog_js),
  PAGE("parts/field.js", parts_field_js),
  PAGE("parts/key-prompt.js", parts_key_prompt_js),
  PAGE("parts/meter.js", parts_meter_js),
  PAGE("parts/notices.js", parts_notices_js),
  PAGE("parts/paged-table.js", parts_paged_table_js),
  PAGE("parts/status.js", parts_status_js),
  PAGE("parts/trouble.js", parts_trouble_js),
  PAGE("parts/vector-fields.js", parts_vector_fields_js),
  PAGE("style/controls.css", style_controls_css),
  PAGE("style/layout.css", style_layout_css),
  PAGE("style/tokens.css", style_tokens_css),
  PAGE("style/views.css", style_views_css),
  PAGE("views/overview-figures.js", views_overview_figures_js),
  PAGE("views/overview.js", views_overview_js),
};

const quiver_dashboard_page *quiver_dashboard_pages(size_t *count) {
  *count = sizeof(pages) / sizeof(pages[0]);
  return pages;
}

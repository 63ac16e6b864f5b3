// The files of the dashboard, as parts of the program.
#pragma once

#include <stddef.h>

// A file: its name below /dashboard/, and what is in it.
typedef struct {
  const char *name;
  const unsigned char *bytes;
  size_t count;
} quiver_dashboard_page;

// All files; `count` is set to how many there are.
const quiver_dashboard_page *quiver_dashboard_pages(size_t *count);

#include "CXMLElements.h"

#include <expat.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_BYTES = 1024 };

/* What is known in the middle of a document. */
typedef struct {
  XML_Parser parser;
  char path[PATH_BYTES];
  char *text;
  size_t length, capacity;
  void *context;
  quiver_xml_element element;
} reading;

static void begin(void *data, const char *name, const char **attributes) {
  (void)attributes;
  reading *state = data;
  size_t used = strlen(state->path), more = strlen(name);
  state->length = 0;
  if (used + more + 2 > PATH_BYTES) {
    XML_StopParser(state->parser, XML_FALSE);
    return;
  }
  if (used > 0) state->path[used++] = '/';
  memcpy(state->path + used, name, more + 1);
}

static void end(void *data, const char *name) {
  (void)name;
  reading *state = data;
  state->text[state->length] = 0;
  state->element(state->context, state->path, state->text);
  char *slash = strrchr(state->path, '/');
  *(slash ? slash : state->path) = 0;
  state->length = 0;
}

static void add_text(void *data, const char *bytes, int count) {
  reading *state = data;
  size_t needed = state->length + (size_t)count + 1;
  if (needed > state->capacity) {
    char *larger = realloc(state->text, 2 * needed);
    if (!larger) {
      XML_StopParser(state->parser, XML_FALSE);
      return;
    }
    state->text = larger;
    state->capacity = 2 * needed;
  }
  memcpy(state->text + state->length, bytes, (size_t)count);
  state->length += (size_t)count;
}

static void refuse_type(void *data, const char *name, const char *system, const char *public_name,
                        int has_subset) {
  (void)name, (void)system, (void)public_name, (void)has_subset;
  XML_StopParser(((reading *)data)->parser, XML_FALSE);
}

int quiver_xml_read(const char *document, size_t length, void *context,
                    quiver_xml_element element) {
  if (length == 0 || length > INT_MAX) return -1;
  reading state = {.context = context, .element = element, .capacity = 256};
  state.text = malloc(state.capacity);
  state.parser = XML_ParserCreate(NULL);
  int status = -1;
  if (state.text && state.parser) {
    XML_SetUserData(state.parser, &state);
    XML_SetElementHandler(state.parser, begin, end);
    XML_SetCharacterDataHandler(state.parser, add_text);
    XML_SetStartDoctypeDeclHandler(state.parser, refuse_type);
    if (XML_Parse(state.parser, document, (int)length, 1) == XML_STATUS_OK) status = 0;
  }
  if (state.parser) XML_ParserFree(state.parser);
  free(state.text);
  return status;
}

#pragma once

// libyaml: the parser that reads configuration files.
#include <yaml.h>

// Members of unions, which Swift does not see by their names.
static inline yaml_node_pair_t *quiver_yaml_pairs(const yaml_node_t *node) {
  return node->data.mapping.pairs.start;
}

static inline size_t quiver_yaml_pair_count(const yaml_node_t *node) {
  return (size_t)(node->data.mapping.pairs.top - node->data.mapping.pairs.start);
}

static inline yaml_node_item_t *quiver_yaml_items(const yaml_node_t *node) {
  return node->data.sequence.items.start;
}

static inline size_t quiver_yaml_item_count(const yaml_node_t *node) {
  return (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
}

static inline const unsigned char *quiver_yaml_text(const yaml_node_t *node) {
  return node->data.scalar.value;
}

static inline size_t quiver_yaml_length(const yaml_node_t *node) {
  return node->data.scalar.length;
}

static inline int quiver_yaml_is_plain(const yaml_node_t *node) {
  return node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

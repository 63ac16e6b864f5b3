// libcurl for Swift. The setopt and getinfo functions are variadic, which Swift does not import:
// these wrappers give one typed function for each kind of argument.
#ifndef QUIVER_CCURL_SHIM_H
#define QUIVER_CCURL_SHIM_H

#include <curl/curl.h>
#include <stddef.h>

/// Receives `count` items of `size` bytes; returns the number of bytes taken (fewer stops the
/// transfer).
typedef size_t (*quiver_curl_data_callback)(char *bytes, size_t size, size_t count, void *context);

static inline CURLcode quiver_curl_set_long(CURL *easy, CURLoption option, long value) {
  return (curl_easy_setopt)(easy, option, value);
}

static inline CURLcode quiver_curl_set_offset(CURL *easy, CURLoption option, curl_off_t value) {
  return (curl_easy_setopt)(easy, option, value);
}

static inline CURLcode quiver_curl_set_string(CURL *easy, CURLoption option, const char *value) {
  return (curl_easy_setopt)(easy, option, value);
}

static inline CURLcode quiver_curl_set_pointer(CURL *easy, CURLoption option, void *value) {
  return (curl_easy_setopt)(easy, option, value);
}

static inline CURLcode quiver_curl_set_list(CURL *easy, CURLoption option,
                                            struct curl_slist *value) {
  return (curl_easy_setopt)(easy, option, value);
}

static inline CURLcode quiver_curl_set_callback(CURL *easy, CURLoption option,
                                                quiver_curl_data_callback value) {
  return (curl_easy_setopt)(easy, option, value);
}

static inline CURLcode quiver_curl_get_long(CURL *easy, CURLINFO info, long *value) {
  return (curl_easy_getinfo)(easy, info, value);
}

static inline CURLcode quiver_curl_get_offset(CURL *easy, CURLINFO info, curl_off_t *value) {
  return (curl_easy_getinfo)(easy, info, value);
}

static inline CURLMcode quiver_curl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
  return (curl_multi_setopt)(multi, option, value);
}

/// The result of a finished transfer; meaningful only when `message->msg` is `CURLMSG_DONE`.
static inline CURLcode quiver_curl_message_result(const CURLMsg *message) {
  return message->data.result;
}

#endif

// The thin C seam of DESStore: libcurl's variadic calls and expat's callbacks, and nothing else.
#ifndef CDESSTORE_H
#define CDESSTORE_H

#include <stddef.h>
#include <stdint.h>

#include <curl/curl.h>

// curl_easy_setopt for each kind of argument.
CURLcode des_curl_set_long(CURL *easy, CURLoption option, long value);
CURLcode des_curl_set_size(CURL *easy, CURLoption option, int64_t value);
CURLcode des_curl_set_pointer(CURL *easy, CURLoption option, const void *value);

// The callbacks of a transfer; each gets `context` and a buffer. `read` and `write` return how many bytes they took,
// `header` is one line; `seek` returns a CURL_SEEKFUNC_ value.
typedef size_t (*des_curl_transfer)(char *bytes, size_t size, size_t count, void *context);
typedef int (*des_curl_seek)(void *context, curl_off_t offset, int origin);
CURLcode des_curl_set_callbacks(CURL *easy, des_curl_transfer read, des_curl_seek seek, des_curl_transfer header,
                                des_curl_transfer write, void *context);

// curl_easy_getinfo.
long des_curl_get_long(CURL *easy, CURLINFO info);
void *des_curl_get_context(CURL *easy);

CURLMcode des_curl_multi_set_long(CURLM *multi, CURLMoption option, long value);

// The transfer that `message` says is done, and how it ended.
CURLcode des_curl_message_result(const CURLMsg *message);

// Parses an XML document. Names are without prefix; `text` may come in several pieces. Documents with a DOCTYPE are
// refused: nothing is expanded, nothing is fetched. 0, or the line of the first fault.
typedef void (*des_xml_start)(void *context, const char *name);
typedef void (*des_xml_end)(void *context);
typedef void (*des_xml_text)(void *context, const char *bytes, int count);
unsigned long des_xml_parse(const char *bytes, size_t count, void *context, des_xml_start start, des_xml_end end,
                            des_xml_text text);

#endif

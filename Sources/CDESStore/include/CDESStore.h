// The thin C seam of DESStore: libcurl's variadic calls and expat's callbacks, and nothing else.
#ifndef CDESSTORE_H
#define CDESSTORE_H

#include <stdint.h>

#include <curl/curl.h>

#endif

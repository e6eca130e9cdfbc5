#include "CDESStore.h"

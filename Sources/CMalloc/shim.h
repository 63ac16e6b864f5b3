#pragma once

// The heap's own settings, which the C library's Swift module leaves out.
#include <malloc.h>

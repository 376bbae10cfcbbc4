// SPDX-License-Identifier: GPL-2.0-or-later
// toml++ as it is used here: compiled once, in toml.cpp, and without exceptions.
#pragma once

#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 0
#define TOML_ENABLE_FORMATTERS 0
#define TOML_MAX_NESTED_VALUES 32
#include <toml++/toml.h>

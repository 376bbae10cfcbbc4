// SPDX-License-Identifier: GPL-2.0-or-later
// toml++ as it is used here: compiled once, in toml.cpp, and without exceptions.
#pragma once

#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 0
#define TOML_ENABLE_FORMATTERS 0
#define TOML_MAX_NESTED_VALUES 32
// The parser asserts what input can break ("[="), and checks it once more behind that. Neither must
// a build with assertions end there, nor one without them let the compiler believe it.
#pragma push_macro("NDEBUG")
#undef NDEBUG
#define TOML_ASSERT(condition) static_cast<void>(0)
#include <toml++/toml.h>
#pragma pop_macro("NDEBUG")

// SPDX-License-Identifier: GPL-2.0-or-later
#define TOML_IMPLEMENTATION
#include "policy/toml.hpp" // NOLINT(bugprone-suspicious-include)

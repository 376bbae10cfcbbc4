// SPDX-License-Identifier: GPL-2.0-or-later
// The format of GLib's GKeyFile: groups of keys with values.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "import/problems.hpp"

namespace ktls::importer {

struct KeyValue {
  std::string group;
  std::string key;
  std::string value; // with its escapes resolved, and with the blanks at its end
  Line line = 0;
};

// In the order of the file. A line that GLib takes for an error is a fatal problem.
[[nodiscard]] std::vector<KeyValue> parse_key_file(std::string_view text, Problems& problems);

} // namespace ktls::importer

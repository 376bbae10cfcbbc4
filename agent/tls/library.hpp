// SPDX-License-Identifier: GPL-2.0-or-later
// What the GnuTLS that this process runs with can do; it may be newer than the one of the build.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ktls::tls {

[[nodiscard]] std::string_view library_version(); // "3.7.9"
// Groups with a part that also a quantum computer does not break, by their registry names.
[[nodiscard]] std::vector<std::string_view> hybrid_groups();
// For the log: version, hybrid groups, and hashes of pre-shared keys.
[[nodiscard]] std::string describe_library();

} // namespace ktls::tls

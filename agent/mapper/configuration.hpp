// SPDX-License-Identifier: GPL-2.0-or-later
// Reading mapd.toml and the files that it names.
#pragma once

#include <string>
#include <tl/expected.hpp>

#include "identity/mapping.hpp"

namespace ktls {

struct MapperConfigurationSource {
  std::string path = "/etc/ktlsd/mapd.toml";
  bool named = false; // on the command line: it has to be there
};

// All that is wrong, at once. Who can change a file is looked at first.
tl::expected<identity::Mapping, policy::Problems>
read_mapping(const MapperConfigurationSource& source);

} // namespace ktls

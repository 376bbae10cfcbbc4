// SPDX-License-Identifier: GPL-2.0-or-later
// Reading [anchor.NAME].
#pragma once

#include "identity/anchor.hpp"
#include "identity/mapping.hpp"
#include "policy/documents.hpp"
#include "policy/toml_table.hpp"

namespace ktls::identity {

// `read`: for the certificate that it may name.
[[nodiscard]] Anchor read_anchor(const policy::NamedNode& from, const FileReader& read,
                                 policy::Report& report);

} // namespace ktls::identity

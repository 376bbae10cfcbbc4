// SPDX-License-Identifier: GPL-2.0-or-later
// Reading [extension], [[sid]], [[spiffe]], [[upn]] and [[email]].
#pragma once

#include "identity/extension_rules.hpp"
#include "policy/documents.hpp"

namespace ktls::identity {

// `host_ids`: of this host. What no anchor may say is an error: it could never match.
[[nodiscard]] ExtensionRules read_extensions(const policy::Documents& documents,
                                             const Texts& host_ids,
                                             const std::vector<Anchor>& anchors,
                                             policy::Report& report);

} // namespace ktls::identity

// SPDX-License-Identifier: GPL-2.0-or-later
// Reading [sssd], [[mapper]] and [accounts].
#pragma once

#include "identity/settings.hpp"
#include "policy/documents.hpp"

namespace ktls::identity {

[[nodiscard]] SssdSettings read_sssd(const policy::Documents& documents, policy::Report& report);
[[nodiscard]] std::vector<OtherMapper> read_mappers(const policy::Documents& documents,
                                                    policy::Report& report);
[[nodiscard]] AccountSettings read_accounts(const policy::Documents& documents,
                                            policy::Report& report);

} // namespace ktls::identity

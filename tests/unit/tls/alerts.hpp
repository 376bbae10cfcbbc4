// SPDX-License-Identifier: GPL-2.0-or-later
// Alerts that tests expect, by number: RFC 8446, section 6.
#pragma once

namespace ktls::test {

enum Alert : int {
  handshake_failure = 40,
  unknown_ca = 48,
  protocol_version = 70,
  internal_error = 80,
  user_canceled = 90,
  unrecognized_name = 112,
};

} // namespace ktls::test

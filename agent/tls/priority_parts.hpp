// SPDX-License-Identifier: GPL-2.0-or-later
// What is behind a Priority; for this folder only.
#pragma once

#include "tls/handles.hpp"
#include "tls/priority.hpp"

namespace ktls::tls {

struct Priority::Parts {
  PriorityHandle priority;
};

} // namespace ktls::tls

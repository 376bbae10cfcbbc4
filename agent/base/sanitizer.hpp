// SPDX-License-Identifier: GPL-2.0-or-later
// Whether this is compiled with the address sanitizer.
#pragma once

#if defined(__SANITIZE_ADDRESS__)
#define KTLS_ADDRESS_SANITIZER
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define KTLS_ADDRESS_SANITIZER
#endif
#endif

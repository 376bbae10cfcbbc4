// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/gnutls_error.hpp"

#include <gnutls/gnutls.h>
#include <gtest/gtest.h>

namespace ktls::tls {
namespace {

TEST(GnutlsError, SaysWhatGnutlsSays) {
  const auto error = gnutls_error("reading it", GNUTLS_E_BASE64_DECODING_ERROR).value();

  EXPECT_STREQ(error.code.category().name(), "gnutls");
  EXPECT_EQ(error.message(),
            std::string("reading it: ") + gnutls_strerror(GNUTLS_E_BASE64_DECODING_ERROR));
}

TEST(GnutlsError, HasAnErrnoAndFailsClosed) {
  EXPECT_EQ(gnutls_error("", GNUTLS_E_TIMEDOUT).value().code, std::errc::timed_out);
  EXPECT_EQ(gnutls_error("", GNUTLS_E_MEMORY_ERROR).value().code, std::errc::not_enough_memory);
  EXPECT_EQ(gnutls_error("", GNUTLS_E_CERTIFICATE_ERROR).value().code,
            std::errc::permission_denied);
  EXPECT_EQ(gnutls_error("", -9999).value().code, std::errc::permission_denied);
}

} // namespace
} // namespace ktls::tls

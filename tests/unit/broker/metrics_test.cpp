// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/metrics.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace ktls {
namespace {

using namespace std::chrono_literals;

class MetricsTest : public testing::Test {
protected:
  void count(Reason reason, std::chrono::microseconds took = 3ms,
             std::optional<ipc::HandshakeRole> role = ipc::HandshakeRole::Server) {
    Outcome outcome;
    outcome.reason = reason;
    outcome.protocol = reason == Reason::Success ? "TLS 1.3" : "";
    metrics.count_handshake({request, description, outcome, role, took, {}});
  }
  [[nodiscard]] std::string text() const { return open_metrics(metrics.families(gauges)); }
  void expect(const std::string& line) const {
    const auto all = text();
    EXPECT_NE(("\n" + all).find("\n" + line + "\n"), std::string::npos) << line << "\n" << all;
  }

  Metrics metrics;
  MetricGauges gauges;
  HandshakeRequest request;
  std::string description = "test";
};

TEST_F(MetricsTest, CountsHandshakesByHowTheyEnd) {
  count(Reason::Success);
  count(Reason::Success);
  count(Reason::CertificateExpired, 1ms, std::nullopt);
  request.who.origin = policy::Origin::Kernel;
  count(Reason::Success, 1ms, ipc::HandshakeRole::Client);

  expect(R"(ktls_handshakes_total{origin="application",role="server",protocol="TLS 1.3",)"
         R"(reason="success"} 2)");
  expect(R"(ktls_handshakes_total{origin="application",role="none",protocol="",)"
         R"(reason="certificate-expired"} 1)");
  expect(R"(ktls_handshakes_total{origin="kernel",role="client",protocol="TLS 1.3",)"
         R"(reason="success"} 1)");
}

TEST_F(MetricsTest, MeasuresThoseThatSucceed) {
  count(Reason::Success, 1ms);
  count(Reason::Success, 1001us);
  count(Reason::Success, 60s);
  count(Reason::HandshakeTimeout, 15s);

  expect(R"(ktls_handshake_duration_seconds_bucket{role="server",le="0.001"} 1)");
  expect(R"(ktls_handshake_duration_seconds_bucket{role="server",le="0.002"} 2)");
  expect(R"(ktls_handshake_duration_seconds_bucket{role="server",le="15"} 2)");
  expect(R"(ktls_handshake_duration_seconds_bucket{role="server",le="+Inf"} 3)");
  expect(R"(ktls_handshake_duration_seconds_count{role="server"} 3)");
  expect(R"(ktls_handshake_duration_seconds_sum{role="server"} 60.002001)");
}

TEST_F(MetricsTest, CountsChangesOfKeys) {
  metrics.count_rekey(Direction::Receive);
  metrics.count_rekey(Direction::Receive);

  expect(R"(ktls_rekeys_total{direction="transmit"} 0)");
  expect(R"(ktls_rekeys_total{direction="receive"} 2)");
}

TEST_F(MetricsTest, CountsHowSessionsEnd) {
  metrics.count_end(SessionEnd::Closed);
  metrics.count_end(SessionEnd::Closed);
  metrics.count_end(SessionEnd::Revoked);

  expect(R"(ktls_sessions_ended_total{cause="closed"} 2)");
  expect(R"(ktls_sessions_ended_total{cause="terminated"} 0)");
  expect(R"(ktls_sessions_ended_total{cause="revoked"} 1)");
}

TEST_F(MetricsTest, TellsWhatIsSoNow) {
  OwnCertificate certificate;
  certificate.credential = "web";
  certificate.path = "/etc/web.pem";
  certificate.facts.not_after = 1800000000;
  const std::vector<OwnCertificate> certificates{certificate};
  gauges = {
      3, 1, 4, 5, 2, &certificates, "TlsCurrTxSw                     \t7\nTlsDecryptError\t0\n"};

  expect("ktls_handshakes_in_flight 3");
  expect("ktls_sessions 4");
  expect("ktls_policy_generation 5");
  expect("ktls_key_logged_profiles 2");
  expect("ktls_workers_lost_total 1");
  expect(R"(ktls_certificate_expiry_timestamp_seconds{credential="web",file="/etc/web.pem"} )"
         "1800000000");
  expect(R"(ktls_kernel_tls_stat{name="TlsCurrTxSw"} 7)");
  expect(R"(ktls_kernel_tls_stat{name="TlsDecryptError"} 0)");
}

TEST_F(MetricsTest, MakesNothingOfGarbageFromTheKernel) {
  gauges.kernel_tls_stat = "\n\nNoNumber\n 5\nHuge 99999999999999999999999\nGood 1";

  const auto all = text();

  EXPECT_EQ(all.find("NoNumber"), std::string::npos);
  EXPECT_EQ(all.find("Huge"), std::string::npos);
  expect(R"(ktls_kernel_tls_stat{name="Good"} 1)");
}

} // namespace
} // namespace ktls

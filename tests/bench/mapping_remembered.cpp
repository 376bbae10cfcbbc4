// SPDX-License-Identifier: GPL-2.0-or-later
// What the broker spends on a peer whose user it remembers.
#include <benchmark/benchmark.h>

#include "broker/authoriser.hpp"
#include "broker/mapping_log.hpp"
#include "made_mapping.hpp"

namespace ktls::bench {
namespace {

class MapperOfOne final : public Mapper {
public:
  void map(const MappingQuestion&, Clock::time_point,
           std::function<void(MappingAnswer)> done) override {
    ++asked;
    MappedUser user;
    user.name = "alice";
    user.uid = 1000;
    user.strength = policy::MappingStrength::Strong;
    user.source = "pin";
    user.rule = "/etc/ktlsd/pins:1";
    user.groups = {"alice", "staff"};
    done(std::move(user));
  }
  int asked = 0;
};

// The certificate, two above it, and the place.
void ask_remembered(benchmark::State& state) {
  const MadePeer made;
  MappingQuestion question;
  const auto der = std::as_bytes(std::span(made.certificate));
  question.chain.assign(3, {der.begin(), der.end()});
  question.rule = "nfs-server";
  question.profile = "nfs-server";
  question.local_address = "192.0.2.1";
  question.local_port = 2049;
  policy::MappingDemands demands;
  demands.groups = {"staff"};
  auto loop = EventLoop::create().value();
  MapperOfOne mapper;
  Authoriser authoriser(loop, mapper);
  bool mapped = true;
  for (auto _ : state)
    authoriser.ask(question, demands, loop.now() + std::chrono::seconds(10),
                   [&](const MappingAnswer& answer) { mapped = mapped && answer; });
  if (!mapped || mapper.asked != 1)
    state.SkipWithError("it did not go by what it remembers");
}
// With all but the sending of what the journal gets.
void ask_and_record(benchmark::State& state) {
  const MadePeer made;
  MappingQuestion question;
  const auto der = std::as_bytes(std::span(made.certificate));
  question.chain.assign(3, {der.begin(), der.end()});
  auto loop = EventLoop::create().value();
  MapperOfOne mapper;
  Authoriser authoriser(loop, mapper);
  MappingLog log(loop, [](log::Level level, std::string_view text, auto fields) {
    benchmark::DoNotOptimize(journal::encode(level, text, fields));
  });
  for (auto _ : state)
    authoriser.ask(question, {}, loop.now() + std::chrono::seconds(10),
                   [&](const MappingAnswer& answer) {
                     MappingRecord record;
                     record.answer = answer;
                     record.description = "kernel 192.0.2.1:2049 - 192.0.2.2:700";
                     record.certificate_sha256 = policy::pin_text(tls::sha256(der).value());
                     record.subject = made.peer.subject;
                     record.issuer = made.peer.issuer;
                     record.peer_address = "192.0.2.2";
                     record.rule = "nfs-server";
                     record.profile = "nfs-server";
                     log.write(record);
                   });
}

BENCHMARK(ask_and_record)->Unit(benchmark::kMicrosecond);
BENCHMARK(ask_remembered)->Unit(benchmark::kMicrosecond);

} // namespace
} // namespace ktls::bench

// SPDX-License-Identifier: GPL-2.0-or-later
#include "ktlsctl/map.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "base/event_loop.hpp"
#include "base/host_name.hpp"
#include "base/ip_address.hpp"
#include "base/text.hpp"
#include "bus/mapper_client.hpp"
#include "ktlsctl/map_question.hpp"
#include "ktlsctl/map_report.hpp"
#include "ktlsctl/status.hpp"

namespace ktls::command {
namespace {

// The mapper gives up before.
constexpr std::chrono::seconds mapper_patience{10};

struct MapTest {
  MapFiles files;
  std::string rule;
  std::string profile;
  std::string local_address;
  std::optional<std::uint16_t> local_port;
  std::string server_name;
  bool json = false;
};

// What `ask` asks of the mapper on the system bus, and its answer.
template<class T>
Result<T> mapper_says(
    const std::function<void(bus::MapperClient&, std::function<void(bus::Asked<T>)>)>& ask) {
  auto loop = TRY(EventLoop::create());
  const auto connection = bus::Connection::open(loop, [] {});
  if (!connection)
    return invalid(connection.error().message() +
                   "; the mapper is asked over it: see systemctl status dbus");
  bus::MapperClient mapper(**connection, bus::mapper_name);
  std::optional<bus::Asked<T>> answer;
  ask(mapper, [&](bus::Asked<T> got) {
    answer = std::move(got);
    loop.exit(success);
  });
  TRY(loop.run());
  if (!*answer)
    return invalid(map_failure(answer->error()));
  return **std::move(answer);
}

// On the command line, before anything is asked.
void check_context(MapTest& what) {
  if (!what.local_address.empty()) {
    const auto address = IpAddress::parse(what.local_address);
    if (!address)
      throw CLI::ValidationError("--local-address",
                                 fmt::format("\"{}\" is no IP address", what.local_address));
    what.local_address = address->text();
  }
  if (what.server_name.empty())
    return;
  const auto name = HostName::parse(what.server_name);
  if (!name || name->is_address())
    throw CLI::ValidationError("--server-name",
                               fmt::format("\"{}\" is no DNS name", what.server_name));
  what.server_name = lower_case(name->text());
}

Result<int> test_mapping(const MapTest& what) {
  auto question = TRY(read_question(what.files));
  question.context.rule = what.rule;
  question.context.profile = what.profile;
  question.context.local_address = what.local_address;
  question.context.local_port = what.local_port;
  question.context.server_name = what.server_name;
  const auto tested = TRY(mapper_says<bus::Tested>([&](bus::MapperClient& mapper, auto then) {
    mapper.test(question.chain, question.context, mapper_patience, std::move(then));
  }));
  fmt::print("{}", what.json ? map_json(question, tested) : map_report(question, tested));
  return tested.answer ? success : failed;
}

Result<int> show_mapping() {
  const auto text = TRY(mapper_says<std::string>(
      [](bus::MapperClient& mapper, auto then) { mapper.show(mapper_patience, std::move(then)); }));
  fmt::print("{}", text);
  return success;
}

int status_of(const Result<int>& done) {
  if (!done)
    fmt::print(stderr, "ktlsctl: {}\n", done.error().message());
  return done ? *done : failed;
}

void add_map_test(CLI::App& map, int& status) {
  auto* command = map.add_subcommand(
      "test", "Ask ktls-mapd whose a certificate is, and how it finds that out; root alone may");
  auto what = std::make_shared<MapTest>();
  command
      ->add_option("CERT", what->files.certificate,
                   "PEM with the chain, its own certificate first; or DER")
      ->required();
  command->add_option(
      "--anchor", what->files.anchor,
      "The certificate at which the chain ends; default: the last in CERT, if it is "
      "self-signed");
  command->add_option("--rule", what->rule, "The rule of the connection, of ktlsd.toml");
  command->add_option("--profile", what->profile, "The profile of that rule");
  command->add_option("--local-address", what->local_address, "Of the connection");
  command->add_option("--local-port", what->local_port, "Of the connection");
  command->add_option("--server-name", what->server_name, "The DNS name that the peer asks for");
  command->add_flag("--json", what->json, "For programs");
  command->callback([what, &status] {
    check_context(*what);
    status = status_of(test_mapping(*what));
  });
}

} // namespace

void add_map(CLI::App& app, int& status) {
  auto* map = app.add_subcommand("map", "See whose certificates are");
  map->require_subcommand(1);
  add_map_test(*map, status);
  auto* show = map->add_subcommand(
      "show", "Print what ktls-mapd goes by, with files and lines; root alone may");
  show->callback([&status] { status = status_of(show_mapping()); });
}

} // namespace ktls::command

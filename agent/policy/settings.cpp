// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/settings.hpp"

#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#define TOML_ENABLE_FORMATTERS 0
#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <initializer_list>

#include "base/text.hpp"

namespace ktls::policy {
namespace {

using ipc::ClientAuthType;
using ipc::HandshakeRole;

template<class Value>
struct Named {
  std::string_view name;
  Value value;
};
constexpr std::array<Named<HandshakeRole>, 2> server_roles{{
    {"server", HandshakeRole::Server},
    {"server-with-client-auth", HandshakeRole::ServerWithClientAuth},
}};
constexpr std::array<Named<ClientAuthType>, 2> client_auth_types{{
    {"full", ClientAuthType::Full},
    {"required", ClientAuthType::Required},
}};

// Walks one file, and notes every problem with its place.
class Parser {
public:
  Parser(const toml::table& root, std::string file) : root_(root), file_(std::move(file)) {}

  Settings read() {
    Settings out;
    expect_keys(root_, "", {"agent", "client", "server"});
    if (const auto* agent = table("agent")) {
      expect_keys(*agent, "agent",
                  {"socket", "workers", "handshake_timeout", "first_byte_timeout",
                   "request_timeout", "max_handshakes", "max_queued", "max_handshakes_per_uid",
                   "max_handshakes_per_address", "max_connections", "max_connections_per_uid"});
      if (const auto path = absolute_path(*agent, "agent", "socket"))
        out.socket = path->path;
      read_number(*agent, "agent", "workers", 0, max_workers, out.workers);
      read_seconds(*agent, "agent", "handshake_timeout", out.handshake_timeout);
      read_seconds(*agent, "agent", "first_byte_timeout", out.first_byte_timeout);
      read_seconds(*agent, "agent", "request_timeout", out.request_timeout);
      read_limits(*agent, out);
    }
    if (const auto* client = table("client"))
      out.client = read_client(*client);
    if (const auto* server = table("server"))
      out.server = read_server(*server);
    return out;
  }

  Problems take_problems() { return std::move(problems_); }

private:
  void problem(const toml::source_region& source, std::string_view key, std::string_view text) {
    problems_.lines.push_back(
        fmt::format("{}: {}{}{}", where(source), key, key.empty() ? "" : ": ", text));
  }
  [[nodiscard]] std::string where(const toml::source_region& source) const {
    return fmt::format("{}:{}", file_, source.begin.line);
  }
  static std::string dotted(std::string_view section, std::string_view key) {
    return section.empty() ? escape(key) : fmt::format("{}.{}", section, escape(key));
  }

  void expect_keys(const toml::table& in, std::string_view section,
                   std::initializer_list<std::string_view> known) {
    for (const auto& [key, node] : in) {
      if (std::find(known.begin(), known.end(), key.str()) == known.end())
        problem(key.source(), dotted(section, key.str()),
                fmt::format("unknown key; known here: {}", fmt::join(known, ", ")));
    }
  }

  const toml::table* table(std::string_view name) {
    const toml::node* node = root_.get(name);
    if (node == nullptr)
      return nullptr;
    if (!node->is_table())
      problem(node->source(), name, "must be a table: [" + std::string(name) + "]");
    return node->as_table();
  }

  std::optional<std::string> text(const toml::table& in, std::string_view section,
                                  std::string_view key) {
    const toml::node* node = in.get(key);
    if (node == nullptr)
      return std::nullopt;
    const auto* string = node->as_string();
    if (string == nullptr) {
      problem(node->source(), dotted(section, key), "must be a string");
      return std::nullopt;
    }
    return string->get();
  }

  std::optional<LocatedPath> absolute_path(const toml::table& in, std::string_view section,
                                           std::string_view key) {
    constexpr std::size_t max_path = 4095; // PATH_MAX, with its NUL
    const auto value = text(in, section, key);
    if (!value)
      return std::nullopt;
    const auto& source = in.get(key)->source();
    if (!value->starts_with('/') || value->size() > max_path ||
        value->find('\0') != std::string::npos) {
      problem(source, dotted(section, key), "must be an absolute path");
      return std::nullopt;
    }
    return LocatedPath{*value, where(source)};
  }

  template<class Number>
  void read_number(const toml::table& in, std::string_view section, std::string_view key,
                   std::int64_t least, std::int64_t most, Number& out) {
    const toml::node* node = in.get(key);
    if (node == nullptr)
      return;
    const auto* number = node->as_integer();
    if (number == nullptr || number->get() < least || number->get() > most)
      return problem(node->source(), dotted(section, key),
                     fmt::format("must be a whole number from {} to {}", least, most));
    out = static_cast<Number>(number->get());
  }

  void read_seconds(const toml::table& in, std::string_view section, std::string_view key,
                    std::chrono::seconds& out) {
    std::int64_t seconds = out.count();
    read_number(in, section, key, 1, max_timeout_seconds, seconds);
    out = std::chrono::seconds(seconds);
  }

  void read_limits(const toml::table& in, Settings& out) {
    read_number(in, "agent", "max_handshakes", 1, max_count, out.max_handshakes);
    read_number(in, "agent", "max_queued", 0, max_count, out.max_queued);
    read_number(in, "agent", "max_handshakes_per_uid", 1, max_count, out.max_handshakes_per_uid);
    read_number(in, "agent", "max_handshakes_per_address", 1, max_count,
                out.max_handshakes_per_address);
    read_number(in, "agent", "max_connections", 1, max_count, out.max_connections);
    read_number(in, "agent", "max_connections_per_uid", 1, max_count, out.max_connections_per_uid);
  }

  template<class Value, std::size_t N>
  void read_choice(const toml::table& in, std::string_view section, std::string_view key,
                   const std::array<Named<Value>, N>& choices, Value& out) {
    const auto value = text(in, section, key);
    if (!value)
      return;
    const auto* found = std::find_if(choices.begin(), choices.end(),
                                     [&](const auto& choice) { return choice.name == *value; });
    if (found != choices.end()) {
      out = found->value;
      return;
    }
    std::vector<std::string_view> names;
    names.reserve(N);
    for (const auto& choice : choices)
      names.push_back(choice.name);
    problem(in.get(key)->source(), dotted(section, key),
            fmt::format("\"{}\" is not one of: {}", escape(*value, 64), fmt::join(names, ", ")));
  }

  void read_credentials(const toml::table& in, std::string_view section, RoleSettings& out) {
    out.certificate = absolute_path(in, section, "certificate");
    out.private_key = absolute_path(in, section, "private_key");
    out.truststore = absolute_path(in, section, "truststore");
    if (in.contains("certificate") != in.contains("private_key"))
      problem(in.source(), section, "certificate and private_key belong together");
  }

  void require(const toml::table& in, std::string_view section, std::string_view key,
               std::string_view why) {
    if (!in.contains(key))
      problem(in.source(), dotted(section, key), fmt::format("is missing: {}", why));
  }

  RoleSettings read_client(const toml::table& in) {
    RoleSettings out;
    out.role = HandshakeRole::Client;
    expect_keys(in, "client", {"certificate", "private_key", "truststore"});
    read_credentials(in, "client", out);
    require(in, "client", "truststore", "without it no server can be verified");
    return out;
  }

  RoleSettings read_server(const toml::table& in) {
    RoleSettings out;
    out.role = HandshakeRole::ServerWithClientAuth;
    expect_keys(in, "server",
                {"certificate", "private_key", "truststore", "handshake_role", "client_auth_type"});
    read_choice(in, "server", "handshake_role", server_roles, out.role);
    read_choice(in, "server", "client_auth_type", client_auth_types, out.client_auth_type);
    read_credentials(in, "server", out);
    if (!in.contains("certificate") && !in.contains("private_key"))
      require(in, "server", "certificate", "a server has to present one");
    if (out.role == HandshakeRole::ServerWithClientAuth)
      require(in, "server", "truststore", "without it no client can be verified");
    else if (in.contains("client_auth_type"))
      problem(in.get("client_auth_type")->source(), "server.client_auth_type",
              "counts only with handshake_role = \"server-with-client-auth\"");
    return out;
  }

  const toml::table& root_;
  std::string file_;
  Problems problems_;
};

} // namespace

tl::expected<Settings, Problems> parse_settings(std::string_view text, const std::string& file) {
  const toml::parse_result parsed = toml::parse(text);
  if (!parsed) {
    const auto& error = parsed.error();
    return tl::make_unexpected(Problems{
        {fmt::format("{}:{}: {}", file, error.source().begin.line, escape(error.description()))}});
  }
  Parser parser(parsed.table(), file);
  auto settings = parser.read();
  auto problems = parser.take_problems();
  if (!problems.lines.empty())
    return tl::make_unexpected(std::move(problems));
  return settings;
}

} // namespace ktls::policy

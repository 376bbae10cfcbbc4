// SPDX-License-Identifier: GPL-2.0-or-later
// Conditions: what a rule asks for, and the facts of a request that it is asked of. Pure.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/ip_address.hpp"
#include "policy/interval_index.hpp"

namespace ktls::policy {

// Who asks for TLS on a connection.
enum class Origin { Kernel, Application, Listener };
// AT-TLS: Direction. Inbound: this side accepted the connection; outbound: it connected.
enum class Direction { Inbound, Outbound };
// The role in the handshake that is asked for.
enum class AskedRole { Client, Server };

// What is not known, and what does not apply, is absent or empty; it meets no condition.
struct Facts {
  Origin origin = Origin::Application;
  std::optional<Direction> direction;
  std::optional<AskedRole> role; // none: it is left to the policy
  std::optional<IpAddress> local_address;
  std::optional<IpAddress> remote_address;
  std::uint16_t local_port = 0;
  std::uint16_t remote_port = 0;
  std::optional<uid_t> uid;
  std::vector<gid_t> groups; // the main one and the others
  std::string unit;          // systemd's: "nginx.service"
  std::string executable;    // path
  std::string server_name;   // whom a client asks for, by request or SNI; in small letters
  std::string network_namespace;
};

// One of them has to be met; none: all are.
template<class Key>
using Alternatives = std::vector<Interval<Key>>;

// All have to be met.
struct Conditions {
  Alternatives<Origin> origin;
  Alternatives<Direction> direction;
  Alternatives<AskedRole> role;
  Alternatives<IpAddress> local_address;
  Alternatives<IpAddress> remote_address;
  Alternatives<std::uint16_t> local_port;
  Alternatives<std::uint16_t> remote_port;
  Alternatives<uid_t> uid;
  Alternatives<gid_t> group;
  Alternatives<std::string> unit;
  Alternatives<std::string> executable;
  Alternatives<std::string> server_name; // of names that are turned around
  Alternatives<std::string> network_namespace;

  [[nodiscard]] bool are_met_by(const Facts& facts) const { return !unmet_by(facts); }
  // The name of the first that is not met, as in the file: "remote_port".
  [[nodiscard]] std::optional<std::string_view> unmet_by(const Facts& facts) const;
  [[nodiscard]] std::vector<std::string_view> all_unmet_by(const Facts& facts) const;
};

template<class Key>
[[nodiscard]] Interval<Key> exactly(Key key) {
  return {key, key};
}
// All texts that begin so: names in ASCII, or paths of whatever bytes.
[[nodiscard]] Interval<std::string> beginning_with(const std::string& text);
// "db.example.org"; or "*.example.org" for all names below, at any depth.
[[nodiscard]] Interval<std::string> server_names(std::string_view pattern);
// So that the names below another begin with it.
[[nodiscard]] std::string turned_around(std::string_view name);

// A condition and the fact that it is about. `values(facts, use)` calls `use` with each value.
template<class Key, class Values>
struct Dimension {
  std::string_view name;
  Alternatives<Key> Conditions::*alternatives;
  Values values;
};
template<class Key, class Values>
Dimension(const char*, Alternatives<Key> Conditions::*, Values) -> Dimension<Key, Values>;

// All of them, in the order in which a person would look at them.
inline constexpr std::tuple dimensions{
    Dimension{"origin", &Conditions::origin, [](const Facts& f, auto use) { use(f.origin); }},
    Dimension{"direction", &Conditions::direction,
              [](const Facts& f, auto use) {
                if (f.direction)
                  use(*f.direction);
              }},
    Dimension{"role", &Conditions::role,
              [](const Facts& f, auto use) {
                if (f.role)
                  use(*f.role);
              }},
    Dimension{"local_address", &Conditions::local_address,
              [](const Facts& f, auto use) {
                if (f.local_address)
                  use(*f.local_address);
              }},
    Dimension{"remote_address", &Conditions::remote_address,
              [](const Facts& f, auto use) {
                if (f.remote_address)
                  use(*f.remote_address);
              }},
    Dimension{"local_port", &Conditions::local_port,
              [](const Facts& f, auto use) {
                if (f.local_port != 0)
                  use(f.local_port);
              }},
    Dimension{"remote_port", &Conditions::remote_port,
              [](const Facts& f, auto use) {
                if (f.remote_port != 0)
                  use(f.remote_port);
              }},
    Dimension{"user", &Conditions::uid,
              [](const Facts& f, auto use) {
                if (f.uid)
                  use(*f.uid);
              }},
    Dimension{"group", &Conditions::group,
              [](const Facts& f, auto use) {
                for (const auto group : f.groups)
                  use(group);
              }},
    Dimension{"unit", &Conditions::unit,
              [](const Facts& f, auto use) {
                if (!f.unit.empty())
                  use(f.unit);
              }},
    Dimension{"executable", &Conditions::executable,
              [](const Facts& f, auto use) {
                if (!f.executable.empty())
                  use(f.executable);
              }},
    Dimension{"server_name", &Conditions::server_name,
              [](const Facts& f, auto use) {
                if (!f.server_name.empty())
                  use(turned_around(f.server_name));
              }},
    Dimension{"network_namespace", &Conditions::network_namespace,
              [](const Facts& f, auto use) {
                if (!f.network_namespace.empty())
                  use(f.network_namespace);
              }},
};

} // namespace ktls::policy

// SPDX-License-Identifier: GPL-2.0-or-later
// Session records: what is kept of sessions for the agent that comes next. Pure.
//
// Each is a CBOR array (RFC 8949): its kind, the number of what it is about, and a map. What a map
// does not have is as in a new object, and what is not known there is passed over: an older or a
// newer agent may have written it. What many sessions share is a record of its own, before the
// first of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "broker/session.hpp"

namespace ktls {

// Numbers of records, from 1 on; 0: it has none.
struct SharedNumbers {
  std::uint64_t terms = 0;
  std::uint64_t peer = 0;
  std::uint64_t user = 0;
};

using RecordBytes = std::vector<std::uint8_t>;
[[nodiscard]] RecordBytes record_of(std::uint64_t number, const SessionTerms& terms);
[[nodiscard]] RecordBytes record_of(std::uint64_t number, const Peer& peer);
[[nodiscard]] RecordBytes record_of(std::uint64_t number, const MappedUser& user);
[[nodiscard]] RecordBytes record_of(const Session& session, const SharedNumbers& shared);
[[nodiscard]] RecordBytes record_of_end(std::uint64_t cookie);

// Those that a record can name, by their numbers.
struct SharedParts {
  std::map<std::uint64_t, std::shared_ptr<const SessionTerms>> terms;
  std::map<std::uint64_t, std::shared_ptr<const Peer>> peers;
  std::map<std::uint64_t, std::shared_ptr<const MappedUser>> users;
};

// Reads them one by one, in the order in which they were written.
class RecordReader {
public:
  // An error for a record that is none; those around it count.
  Result<> read(std::span<const std::uint8_t> record);
  // Those that have not ended, by their cookies.
  [[nodiscard]] std::vector<Session> sessions() &&;

private:
  SharedParts known_;
  std::map<std::uint64_t, Session> sessions_;
};

} // namespace ktls

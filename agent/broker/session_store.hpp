// SPDX-License-Identifier: GPL-2.0-or-later
// SessionStore: the registry, written down in memory that outlives this process: a memfd in the
// descriptor store of the service manager. No key is in it.
//
// Records are appended as sessions come and go. When more than half of them is about what has
// ended, what is left is copied to a new memfd, which takes the old one's place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "broker/inherited.hpp"
#include "broker/record_log.hpp"
#include "broker/session.hpp"
#include "broker/session_record.hpp"

namespace ktls {

class SessionStore {
public:
  // Less than this is not copied.
  static constexpr std::size_t least_copied = std::size_t{1} << 20U;
  // In the descriptor store: a number follows, which is higher for each new memfd.
  static constexpr std::string_view name_prefix = "sessions-";

  struct Keeper {
    std::function<bool(const std::string& name, int fd)> keep; // false: there is nobody who does
    std::function<void(const std::string& name)> forget;
  };
  explicit SessionStore(Keeper keeper) : keeper_(std::move(keeper)) {}

  // The sessions that earlier agents have written into these, and whose end they have not seen. A
  // memfd that is not whole counts as far as it goes. From here on what add() and remove() are told
  // is kept, if there is anybody who does that.
  std::vector<Session> begin(const std::vector<Inherited>& memories);
  // Those of them that still are have been added: the memories they are from are not needed.
  void forget_earlier();

  // What has the same cookie is replaced.
  void add(const Session& session);
  void remove(std::uint64_t cookie);

  [[nodiscard]] std::size_t size() const { return log_ ? log_->size() : 0; }

private:
  using Extent = RecordLog::Extent;
  struct Shared {
    std::uint64_t number = 0;
    Extent extent;
    std::size_t uses = 0;
  };
  template<class T>
  using SharedRecords = std::map<std::shared_ptr<const T>, Shared>;

  template<class T>
  Result<std::uint64_t> use(SharedRecords<T>& records, const std::shared_ptr<const T>& value);
  template<class T>
  void release(SharedRecords<T>& records, const std::shared_ptr<const T>& value);
  struct Kept {
    Extent extent;
    std::shared_ptr<const SessionTerms> terms;
    std::shared_ptr<const Peer> peer;
    std::shared_ptr<const MappedUser> user;
  };

  bool release(std::uint64_t cookie);
  Result<> write(const Session& session);
  Result<> keep(const RecordLog& log);
  Result<> copy_if_worth_it();
  Result<> copy();
  void give_up(const Error& error);

  Keeper keeper_;
  std::optional<RecordLog> log_; // none: nothing is kept
  std::uint64_t number_ = 0;     // in its name
  std::vector<std::string> earlier_;
  std::size_t live_ = 0; // bytes about what has not ended
  std::uint64_t last_number_ = 0;
  SharedRecords<SessionTerms> terms_;
  SharedRecords<Peer> peers_;
  SharedRecords<MappedUser> users_;
  std::unordered_map<std::uint64_t, Kept> sessions_; // by cookie
};

} // namespace ktls

// Bytes to messages.
#pragma once

#include <google/protobuf/arena.h>

#include <array>
#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>

namespace sekisho::enforce {

// False when the bytes are no such message, or a text field of it is not UTF-8.
template <typename Message>
bool Parse(std::string_view bytes, Message& message) {
  return message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

// Messages for which no memory is asked, as long as they are of the usual size: their parts lie in
// a block beside each other, and go with it.
class UsualArena {
 public:
  UsualArena() : arena_(block_.data(), block_.size()) {}
  UsualArena(const UsualArena&) = delete;
  UsualArena& operator=(const UsualArena&) = delete;

  // Lives as long as the arena.
  template <typename Message>
  Message& Make() {
    return *google::protobuf::Arena::CreateMessage<Message>(&arena_);
  }

 private:
  alignas(8) std::array<char, size_t{16} << 10> block_;  // a CreateContainer takes some 8 KiB
  google::protobuf::Arena arena_;
};

// One, with the arena that it lies in.
template <typename Message>
std::shared_ptr<Message> MakeOnArena() {
  auto arena = std::make_shared<UsualArena>();
  auto& message = arena->Make<Message>();
  return {std::move(arena), &message};
}

}  // namespace sekisho::enforce

#include "capi/engine_handle.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include "base/limits.h"
#include "protocol/envelope.h"
#include "worker/process_host.h"
#include "worker/thread_host.h"

namespace outboard::capi {

OwnedMessage::OwnedMessage(Bytes held) : held_(std::move(held)) {
  data = held_.data();
  bytes = held_.size();
}

OwnedMessage::OwnedMessage(std::string text) : text_(std::move(text)) {
  data = reinterpret_cast<const std::uint8_t*>(text_.c_str());
  bytes = text_.size();
}

// ---- Bell ----

Bell::~Bell() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

namespace {
thread_local const Bell* ringing = nullptr;
}

void Bell::ring() noexcept {
  light();
  std::lock_guard lock(mutex_);
  make_call();
}

void Bell::make_call() noexcept {
  if (!call_) return;
  ringing = this;
  call_(context_);
  ringing = nullptr;
}

bool Bell::is_ringing_here() const { return ringing == this; }

int Bell::descriptor() {
  std::lock_guard lock(making_);
  if (descriptor_ < 0) {
    descriptor_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    light();
  }
  return descriptor_;
}

void Bell::light() noexcept {
  std::uint64_t one = 1;
  if (descriptor_ >= 0) (void)!::write(descriptor_, &one, sizeof one);
}

void Bell::put_out() noexcept {
  std::uint64_t rings;
  if (descriptor_ >= 0) (void)!::read(descriptor_, &rings, sizeof rings);
}

void Bell::set(Call call, void* context) {
  std::lock_guard lock(mutex_);
  call_ = call;
  context_ = context;
  make_call();
}

// ---- EngineHandle ----

Result<std::shared_ptr<EngineHandle>> EngineHandle::start(const Options& options) {
  auto bell = std::make_shared<Bell>();
  std::unique_ptr<Link> host;
  if (options.host == Host::process) {
    host = TRY(ProcessHost::start(options.process));
  } else {
    host = std::make_unique<ThreadHost>();
  }
  host->set_on_arrival([bell] { bell->ring(); });
  return std::shared_ptr<EngineHandle>(new EngineHandle(std::move(bell), std::move(host)));
}

int EngineHandle::send(ByteView message) {
  if (message.size() > limits::frame_bytes_max) return OUTBOARD_TOO_LARGE;
  if (is_closed_ || is_lost_) return OUTBOARD_WORKER_LOST;
  // A running statement hears of its cancellation before the frame is read.
  FrameReader frames(message);
  for (;;) {
    auto frame = frames.next();
    if (!frame || !*frame) break;
    std::uint64_t id = 0;
    auto envelope = read_envelope((*frame)->head, id);
    if (envelope && envelope->kind == FrameKind::cancel) host_->cancel(id);
  }
  host_->send(Bytes(message.begin(), message.end()));
  return OUTBOARD_OK;
}

void EngineHandle::refill() {
  bell_->put_out();  // before: what comes from here on lights it again
  for (auto& arrival : host_->take()) {
    if (auto* bytes = std::get_if<Bytes>(&arrival)) {
      arrived_.push_back(std::move(*bytes));
    } else if (auto* lost = std::get_if<EngineLost>(&arrival)) {
      lose({Code::worker_lost, "the engine was lost: " + lost->why, "close it, and open it again"});
    } else {
      lose(std::get<Error>(arrival));
    }
  }
}

void EngineHandle::lose(const Error& why) {
  if (!is_lost_.exchange(true)) write_error_frame(arrived_.emplace_back(), 0, {}, why);
}

int EngineHandle::next(int timeout_ms, std::unique_ptr<OwnedMessage>& message) {
  using Clock = std::chrono::steady_clock;
  std::optional<Clock::time_point> until;
  if (timeout_ms >= 0) until = Clock::now() + std::chrono::milliseconds(timeout_ms);

  std::unique_lock reading(reading_, std::defer_lock);
  if (!until) {
    reading.lock();
  } else if (!reading.try_lock_until(*until)) {
    return is_closed_ ? OUTBOARD_WORKER_LOST : OUTBOARD_TIMEOUT;
  }
  for (;;) {
    if (is_closed_) return OUTBOARD_WORKER_LOST;
    if (arrived_.empty()) refill();
    if (!arrived_.empty()) {
      message = std::make_unique<OwnedMessage>(std::move(arrived_.front()));
      arrived_.pop_front();
      if (!arrived_.empty()) bell_->light();
      return OUTBOARD_OK;
    }
    if (is_lost_) return OUTBOARD_WORKER_LOST;
    if (until && Clock::now() >= *until) return OUTBOARD_TIMEOUT;
    host_->wait(until, is_closed_);
  }
}

void EngineHandle::close() {
  is_closed_ = true;
  host_->nudge();
  bell_->set(nullptr, nullptr);
  host_->close();
}

// ---- EngineHandles ----

outboard_engine* EngineHandles::add(std::shared_ptr<EngineHandle> handle) {
  std::lock_guard lock(mutex_);
  handles_.emplace(++last_, std::move(handle));
  return reinterpret_cast<outboard_engine*>(last_);
}

std::shared_ptr<EngineHandle> EngineHandles::find(const outboard_engine* engine) {
  std::lock_guard lock(mutex_);
  auto entry = handles_.find(reinterpret_cast<std::uintptr_t>(engine));
  return entry == handles_.end() ? nullptr : entry->second;
}

std::shared_ptr<EngineHandle> EngineHandles::remove(const outboard_engine* engine) {
  std::lock_guard lock(mutex_);
  auto entry = handles_.find(reinterpret_cast<std::uintptr_t>(engine));
  if (entry == handles_.end()) return nullptr;
  auto handle = std::move(entry->second);
  handles_.erase(entry);
  return handle;
}

}  // namespace outboard::capi

// Executor: where an application wants to be called back: its event loop, a pool of its threads.
//
//   struct Loop : outboard::Executor {
//     void post(std::function<void()> work) override { boost::asio::post(context, std::move(work));
//     } boost::asio::io_context& context;
//   };
//
// Implemented by the application; post() is called from any thread, the engine's own too. It must
// outlive every Database that it was named to.
#pragma once

#include <functional>

namespace outboard {

class Executor {
 public:
  virtual ~Executor() = default;

  // Sees to it that `work` is run soon, once, behind what was posted before, and returns at once:
  // the work is never done inside of post(), nor is anything waited for there. Must not throw.
  virtual void post(std::function<void()> work) = 0;
};

}  // namespace outboard

// Outboard's answers on a Boost.Asio executor: called back by an io_context, or awaited in an
// asio::awaitable.
#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <outboard/outboard.hpp>

// Keeps the io_context running for as long as answers are awaited on it.
class AsioExecutor : public outboard::Executor {
 public:
  explicit AsioExecutor(boost::asio::io_context& context) : context_(context) {}
  void post(std::function<void()> work) override { boost::asio::post(context_, std::move(work)); }

 private:
  boost::asio::io_context& context_;
};

// For coroutines of Asio's own: `auto rows = co_await awaited(db.exec("…"), executor);`
template <class T>
boost::asio::awaitable<outboard::Result<T>> awaited(outboard::Future<T> future,
                                                    AsioExecutor& executor) {
  auto begin = [&executor](auto handler, outboard::Future<T> answer) {
    auto working = boost::asio::make_work_guard(handler);
    answer.on_ready(executor, [handler = std::move(handler),
                               working = std::move(working)](outboard::Result<T> result) mutable {
      std::move(handler)(std::move(result));
    });
  };
  co_return co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>,
                                                 void(outboard::Result<T>)>(
      std::move(begin), boost::asio::use_awaitable, std::move(future));
}

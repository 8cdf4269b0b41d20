#include "CKernels.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

// What is left of the current loop, in one word, so that an item is claimed, with the loop that it
// belongs to, by one exchange: the loop's number, its items, the next of them.
enum { ITEM_BITS = 20 };
#define ITEM_MASK ((UINT64_C(1) << ITEM_BITS) - 1)
#define NEXT(ticket) ((ticket) & ITEM_MASK)
#define ITEMS(ticket) ((ticket) >> ITEM_BITS & ITEM_MASK)

typedef void (*loop_body)(const void *, size_t, int);

struct worker {
  kernels_pool *pool;
  pthread_t thread;
  int number;
};

struct kernels_pool {
  _Alignas(64) _Atomic uint64_t ticket;
  _Alignas(64) _Atomic size_t done;
  _Alignas(64) _Atomic(loop_body) body;
  _Atomic(const void *) context;
  _Atomic int asleep;
  _Atomic bool ends;
  pthread_mutex_t mutex;
  pthread_cond_t wake;
  int started;
  struct worker workers[];
};

static inline void pause_briefly(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

/// Takes items of whatever loop runs until there are none.
static void work(kernels_pool *pool, int worker) {
  uint64_t ticket = atomic_load(&pool->ticket);
  while (NEXT(ticket) < ITEMS(ticket)) {
    // Read before the claim: if that succeeds, they are the loop's that the item belongs to, which
    // cannot end before the item is done.
    loop_body body = atomic_load(&pool->body);
    const void *context = atomic_load(&pool->context);
    if (!atomic_compare_exchange_weak(&pool->ticket, &ticket, ticket + 1)) continue;
    body(context, NEXT(ticket), worker);
    atomic_fetch_add(&pool->done, 1);
    ticket = atomic_load(&pool->ticket);
  }
}

static bool has_work(kernels_pool *pool) {
  uint64_t ticket = atomic_load(&pool->ticket);
  return NEXT(ticket) < ITEMS(ticket);
}

static void *serve(void *argument) {
  struct worker *worker = argument;
  kernels_pool *pool = worker->pool;
  while (!atomic_load(&pool->ends)) {
    work(pool, worker->number);
    bool found = false;
    for (int turn = 0; turn < 1000 && !found; turn++) {
      pause_briefly();
      found = has_work(pool) || atomic_load(&pool->ends);
    }
    if (found) continue;
    pthread_mutex_lock(&pool->mutex);
    atomic_fetch_add(&pool->asleep, 1);
    while (!has_work(pool) && !atomic_load(&pool->ends))
      pthread_cond_wait(&pool->wake, &pool->mutex);
    atomic_fetch_sub(&pool->asleep, 1);
    pthread_mutex_unlock(&pool->mutex);
  }
  return 0;
}

static void wake_all(kernels_pool *pool) {
  pthread_mutex_lock(&pool->mutex);
  pthread_cond_broadcast(&pool->wake);
  pthread_mutex_unlock(&pool->mutex);
}

kernels_pool *kernels_pool_create(int workers) {
  int others = workers > 1 ? workers - 1 : 0;
  size_t size = sizeof(kernels_pool) + others * sizeof(struct worker);
  kernels_pool *pool = aligned_alloc(64, (size + 63) / 64 * 64);
  if (!pool) return 0;
  __builtin_memset(pool, 0, size);
  pthread_mutex_init(&pool->mutex, 0);
  pthread_cond_init(&pool->wake, 0);
  for (int i = 0; i < others; i++) {
    struct worker *worker = &pool->workers[i];
    *worker = (struct worker){.pool = pool, .number = i + 1};
    if (pthread_create(&worker->thread, 0, serve, worker)) break;
    pool->started++;
  }
  return pool;
}

void kernels_pool_destroy(kernels_pool *pool) {
  atomic_store(&pool->ends, true);
  wake_all(pool);
  for (int i = 0; i < pool->started; i++) pthread_join(pool->workers[i].thread, 0);
  pthread_cond_destroy(&pool->wake);
  pthread_mutex_destroy(&pool->mutex);
  free(pool);
}

static void run_part(
  kernels_pool *pool, size_t items, loop_body body, const void *context) {
  atomic_store(&pool->done, 0);
  atomic_store(&pool->body, body);
  atomic_store(&pool->context, context);
  uint64_t loop = (atomic_load(&pool->ticket) >> 2 * ITEM_BITS) + 1;
  atomic_store(&pool->ticket, loop << 2 * ITEM_BITS | (uint64_t)items << ITEM_BITS);
  if (atomic_load(&pool->asleep) > 0) wake_all(pool);
  work(pool, 0);
  // What is left is in others' hands; where they have lost their processor, they may have this one.
  for (int turn = 0; atomic_load(&pool->done) < items; turn++) {
    if (turn < 1000) pause_briefly();
    else sched_yield();
  }
}

struct shifted {
  loop_body body;
  const void *context;
  size_t first;
};

static void call_shifted(const void *context, size_t item, int worker) {
  const struct shifted *shifted = context;
  shifted->body(shifted->context, shifted->first + item, worker);
}

void kernels_pool_run(
  kernels_pool *pool, size_t items, loop_body body, const void *context) {
  if (items < 2 || pool->started == 0) {
    for (size_t item = 0; item < items; item++) body(context, item, 0);
    return;
  }
  if (items <= ITEM_MASK) {
    run_part(pool, items, body, context);
    return;
  }
  for (size_t first = 0; first < items; first += ITEM_MASK) {
    struct shifted shifted = {body, context, first};
    run_part(pool, items - first < ITEM_MASK ? items - first : ITEM_MASK, call_shifted, &shifted);
  }
}

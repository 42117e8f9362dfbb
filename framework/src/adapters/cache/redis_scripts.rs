//! What Redis does in one step.

use redis::Script;

pub(super) struct Scripts {
    pub(super) get: Script,
    pub(super) fill: Script,
    pub(super) invalidate: Script,
    pub(super) announce: Script,
}

impl Scripts {
    pub(super) fn new() -> Self {
        Self {
            // The row, or someone's lease, or nothing and the lease is ours. Rows of another shape are nothing.
            get: Script::new(
                "local found = redis.call('GET', KEYS[1])
                 if found and (string.sub(found, 1, 1) == 'L' or string.sub(found, 1, 9) == ARGV[3]) then
                   return found
                 end
                 redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
                 return false",
            ),
            fill: Script::new(
                "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
                 if ARGV[2] == '' then redis.call('DEL', KEYS[1])
                 else redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
                 return 1",
            ),
            invalidate: Script::new(
                "for i = 3, #KEYS do redis.call('DEL', KEYS[i]) end
                 local id = redis.call('XADD', KEYS[1], 'MAXLEN', '~', '100000', '*', 'n', ARGV[1], 'k', ARGV[2])
                 local time = redis.call('TIME')
                 local now = time[1] * 1000 + math.floor(time[2] / 1000)
                 return {id, redis.call('ZRANGEBYSCORE', KEYS[2], now, '+inf')}",
            ),
            announce: Script::new(
                "local time = redis.call('TIME')
                 local now = time[1] * 1000 + math.floor(time[2] / 1000)
                 redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
                 redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
                 if ARGV[3] ~= '' then
                   redis.call('XADD', KEYS[2], 'MAXLEN', '~', '10000', '*', 'n', ARGV[1], 'p', ARGV[3])
                 end
                 return 1",
            ),
        }
    }
}

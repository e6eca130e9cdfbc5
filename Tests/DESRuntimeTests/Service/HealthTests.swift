import Synchronization
import Testing

@testable import DESRuntime

@Suite("Health")
struct HealthTests {
    private func obstacles(_ health: Health) -> [String] { health.obstacles.map { "\($0.name): \($0.problem)" } }

    @Test("a service is not ready until it has started, whatever its checks say")
    func starting() {
        let health = Health()
        health.require("names") { "no node id is free" }
        #expect(!health.isStarted)
        #expect(obstacles(health) == ["service: starting"])
        health.started()
        #expect(health.isStarted)
        #expect(obstacles(health) == ["names: no node id is free"])
    }

    @Test("it is ready while all its checks find nothing, and those that do are named, in their order")
    func checks() {
        let health = Health()
        let problems = Mutex<[String: String]>([:])
        for name in ["b", "a", "c"] { health.require(name) { problems.withLock { $0[name] } } }
        health.started()
        #expect(obstacles(health) == [])
        problems.withLock { $0 = ["a": "1", "b": "2"] }
        #expect(obstacles(health) == ["b: 2", "a: 1"])
        problems.withLock { $0 = ["c": "3"] }
        #expect(obstacles(health) == ["c: 3"])
        problems.withLock { $0 = [:] }
        #expect(obstacles(health) == [])
    }

    @Test("a check that is added later counts from then on")
    func laterCheck() {
        let health = Health()
        health.started()
        #expect(obstacles(health) == [])
        health.require("late") { "bad" }
        #expect(obstacles(health) == ["late: bad"])
    }

    @Test("once it drains it is not ready for ever, and stays started")
    func draining() {
        let health = Health()
        health.require("names") { "bad" }
        health.started()
        health.drain()
        #expect(obstacles(health) == ["service: stopping"])
        #expect(health.isStarted)
        health.started()
        #expect(obstacles(health) == ["service: stopping"])
    }

    @Test("a service that is told to stop while it starts is stopping")
    func drainingWhileStarting() {
        let health = Health()
        health.drain()
        #expect(!health.isStarted)
        #expect(obstacles(health) == ["service: stopping"])
    }

    @Test("a check may ask for the health itself, since none is asked under a lock")
    func reentrant() {
        let health = Health()
        health.require("self") { [unowned health] in health.isStarted ? nil : "not started" }
        health.started()
        #expect(obstacles(health) == [])
    }

    @Test("the time since the start does not go back")
    func uptime() {
        let health = Health()
        let first = health.uptime
        #expect(first >= 0 && health.uptime >= first)
    }
}

import DESCatalog
import DESCore

@testable import DESPacker

/// Processes begin, are given answers, are suspended, and end in all ways.
extension Simulation {
    mutating func start(_ host: Int) {
        guard hosts[host].packer == nil else { return }
        let isWrong = chance(1, of: 3)
        let offset = isWrong ? Int.random(in: -100_000_000...100_000_000, using: &generator) : 0
        if isWrong { coverage.count(offset > 0 ? .clockAhead : .clockBehind) }
        hosts[host].life = Life(host: host, number: hosts[host].life.number + 1)
        hosts[host].clockOffset = offset
        var packer = SimulatedPacker(settings, clockOffset: offset, seed: generator.next(), life: hosts[host].life)
        packer.start(now: now)
        hosts[host].packer = packer
        if hosts[host].life.number > 1 { coverage.count(.restart) }
        journal?.note("\(name(hosts[host].life)) starts", at: now)
        runEffects(host)
    }

    /// Gives a process an answer, or the time it waits for; before or after which it may die.
    mutating func deliver(_ life: Life, _ waiting: Waiting, _ reply: Reply) {
        guard hosts.indices.contains(life.host) else { return }
        let host = life.host
        guard hosts[host].life == life, hosts[host].packer != nil else { return }
        if hosts[host].frozenUntil > now {
            agenda.add(.delivery(life, waiting, reply), at: hosts[host].frozenUntil + latency())
            return
        }
        if chance(faults.freeze, of: 1_000) {
            hosts[host].frozenUntil = now + longTime()
            coverage.count(.freeze)
            journal?.note("\(name(life)) is suspended until \(hosts[host].frozenUntil - Simulation.start)", at: now)
        }
        if chance(faults.crash, of: 2_000) { return crash(host, .crashBeforeEffect) }
        // Not a copy: the arrays in it would be copied, too.
        hosts[host].packer?.take(reply, for: waiting, now: now)
        if chance(faults.stop, of: 1_000) {
            coverage.count(.stop)
            journal?.note("\(name(life)) is told to end", at: now)
            hosts[host].packer?.stop()
        }
        checkEndings(host)
        runEffects(host)
        if chance(faults.crash, of: 2_000) { crash(host, .crash) }
    }

    private mutating func crash(_ host: Int, _ event: Event) {
        coverage.count(event)
        journal?.note("\(name(hosts[host].life)) dies", at: now)
        end(host)
    }

    /// Nothing is left of it but what is durable elsewhere. What it has asked goes on.
    private mutating func end(_ host: Int) {
        hosts[host].packer = nil
        hosts[host].frozenUntil = 0
        agenda.add(.start(host: host), at: now + longTime())
    }

    private mutating func checkEndings(_ host: Int) {
        for case .ended(let container, let ending) in hosts[host].packer?.effects ?? [] {
            journal?.note("\(name(hosts[host].life)) c\(container) is \(ending)", at: now)
            switch ending {
            case .nothing: coverage.count(.nothing)
            case .committed: coverage.count(.committed)
            case .abandoned: coverage.count(.abandoned)
            case .lost: coverage.count(.lostLease)
            }
            checker.ended(container, ending, catalog)
        }
    }

    private mutating func runEffects(_ host: Int) {
        let life = hosts[host].life
        for effect in hosts[host].packer?.takeEffects() ?? [] {
            switch effect {
            case .ask(let request, let waiting): send(request, from: life, waiting)
            case .wait(let milliseconds, let waiting):
                agenda.add(.delivery(life, waiting, .done), at: now + milliseconds)
            case .ended: break
            case .exit:
                journal?.note("\(name(life)) ends", at: now)
                if hosts[host].packer?.isStopping == false { coverage.count(.onceOver) }
                end(host)
                return
            }
        }
    }
}

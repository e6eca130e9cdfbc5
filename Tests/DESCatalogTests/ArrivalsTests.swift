import Testing

@testable import DESCatalog

/// How a marker in this process hears of rows that another part of it queued.
@Suite struct ArrivalsTests {
    /// Who has waited long enough goes alone.
    @Test func aTimeOutWakesNobodyElse() async {
        let arrivals = Arrivals()
        let patient = Task { await arrivals.wait(upTo: .seconds(3_600)) }
        for _ in 0..<50 {
            let isWoken = await arrivals.wait(upTo: .milliseconds(1))
            #expect(!isWoken)
        }
        arrivals.announce()
        #expect(await patient.value)
    }

    /// Rows that come while nobody waits are news for the next one, once.
    @Test func whatCameBeforeIsHeardOnce() async {
        let arrivals = Arrivals()
        arrivals.announce()
        arrivals.announce()
        #expect(await arrivals.wait(upTo: .seconds(3_600)))
        #expect(await arrivals.wait(upTo: .milliseconds(1)) == false)
    }

    @Test func whoIsCancelledWaitsNoLonger() async {
        let arrivals = Arrivals()
        let waiting = Task { await arrivals.wait(upTo: .seconds(3_600)) }
        waiting.cancel()
        #expect(await waiting.value == false)
    }
}

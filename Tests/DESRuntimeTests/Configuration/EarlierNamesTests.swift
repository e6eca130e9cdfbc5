import DESCore
import Logging
import Testing

@testable import DESRuntime

/// Deployments of the earlier system go on with the variables that they have.
@Suite("Variables of the earlier system")
struct EarlierNamesTests {
    private func value<Value>(_ setting: Setting<Value>, _ variables: [String: String]) throws -> Value {
        try Given(environment: variables).configuration()[setting]
    }

    @Test("DES_NODE_ID is the node id, and the newer name wins")
    func nodeID() throws {
        var given = Given()
        given.environment = ["DES_NODE_ID": "7"]
        #expect(try given.configuration()[Settings.nodes] == 7...7)
        given.environment["DES_NAMES_NODE_ID"] = "0-15"
        #expect(try given.configuration()[Settings.nodes] == 0...15)
    }

    @Test("DES_SHARD_BITS, DES_NAME_PREFIX and DES_WRAP_BITS mean what they meant")
    func names() throws {
        #expect(try value(Settings.shardBits, ["DES_SHARD_BITS": "10"]).count == 10)
        #expect(try value(Settings.namePrefix, ["DES_NAME_PREFIX": "ABC1"]).description == "ABC1")
        #expect(try value(Settings.wrapBits, ["DES_WRAP_BITS": "32"]) == 32)
    }

    @Test("no other DES_WRAP_BITS than 32 are taken, since names would come again", arguments: ["31", "33", "0", "x"])
    func wrapBits(text: String) {
        #expect(
            Given(environment: ["DES_WRAP_BITS": text]).problems() == ["DES_WRAP_BITS: expected 32, not \"\(text)\""])
    }

    @Test(
        "LOG_LEVEL has capitals, and WARN",
        arguments: [
            ("INFO", Logger.Level.info), ("WARN", .warning), ("WARNING", .warning), ("warn", .warning),
            ("DEBUG", .debug), ("Error", .error), ("FATAL", .critical), ("CRITICAL", .critical), ("trace", .trace),
            ("notice", .notice),
        ])
    func logLevel(text: String, level: Logger.Level) throws {
        #expect(try value(Settings.logLevel, ["LOG_LEVEL": text]) == level)
    }

    @Test("the variables of the earlier marker mean what they meant, and so do its defaults")
    func marker() throws {
        let defaults: [String: String] = [
            "DES_MARKER_BATCH_SIZE": "100", "DES_MARKER_MAX_AGE_DAYS": "1", "DES_MARKER_INTERVAL_SECONDS": "5",
            "DES_MARKER_MAX_RETRIES": "3", "DES_MARKER_RETRY_BACKOFF_BASE": "2.0", "DES_MARKER_RATE_LIMIT": "none",
            "DES_MARKER_ENABLE_DLQ": "true", "DES_HEALTH_CHECK_INTERVAL": "30", "DES_METRICS_PORT": "9101",
        ]
        for environment in [[:], defaults] {
            #expect(try value(Settings.markerBatchSize, environment) == 100)
            #expect(try value(Settings.markerMinimumAge, environment) == .seconds(86_400))
            #expect(try value(Settings.markerInterval, environment) == .seconds(5))
            #expect(try value(Settings.markerRetriesMax, environment) == 3)
            #expect(try value(Settings.markerRetryBase, environment) == 2)
            #expect(try value(Settings.markerRateLimit, environment) == (environment.isEmpty ? nil : .infinity))
            #expect(try value(Settings.markerDeadLetters, environment))
            #expect(try value(Settings.markerCheckInterval, environment) == .seconds(30))
            #expect(try value(Settings.markerListen, environment).port == 9_101)
        }
        #expect(
            try value(Settings.markerListen, ["DES_METRICS_PORT": "9200"]) == Endpoint(host: "0.0.0.0", port: 9_200))
        #expect(try value(Settings.markerMinimumAge, ["DES_MARKER_MAX_AGE_DAYS": "0.5"]) == .seconds(43_200))
        #expect(try value(Settings.markerDeadLetters, ["DES_MARKER_ENABLE_DLQ": "False"]) == false)
        #expect(
            try value(Settings.markerDeadLetterTable, ["DES_MARKER_DLQ_TABLE": "des_marker_dlq"]) == "des_marker_dlq")
        #expect(
            try value(Settings.catalogURL, ["DES_DB_URL": "postgresql+asyncpg://h/d"]) == "postgresql+asyncpg://h/d")
    }

    @Test("a limit is a number, or none", arguments: [("0.5", 0.5), ("none", Double.infinity), ("0", .infinity)])
    func rateLimit(text: String, limit: Double) throws {
        #expect(try value(Settings.markerRateLimit, ["DES_MARKER_RATE_LIMIT": text]) == limit)
        #expect(Given(environment: ["DES_MARKER_RATE_LIMIT": "-1"]).problems().count == 1)
    }

    @Test(
        "DES_ASSIGN_HOST is a host, a host and a port, or a URL of both",
        arguments: [
            ("0.0.0.0", Endpoint(host: "0.0.0.0", port: 8_000)), ("assign", Endpoint(host: "assign", port: 8_000)),
            ("assign:9000", Endpoint(host: "assign", port: 9_000)),
            ("http://assign:9000", Endpoint(host: "assign", port: 9_000)),
            ("http://assign:9000/", Endpoint(host: "assign", port: 9_000)),
            ("http://assign", Endpoint(host: "assign", port: 8_000)),
        ])
    func assignHost(text: String, endpoint: Endpoint) throws {
        #expect(try value(Settings.assignListen, ["DES_ASSIGN_HOST": text]) == endpoint)
        #expect(
            try value(Settings.assignListen, ["DES_ASSIGN_HOST": text, "DES_ASSIGN_LISTEN": "[::1]:1"])
                == Endpoint(host: "::1", port: 1))
    }

    @Test("a message names the variable that was set, not the one that means the same")
    func message() {
        #expect(
            Given(environment: ["LOG_LEVEL": "loud"]).problems() == [
                "LOG_LEVEL: expected one of trace, debug, info, notice, warning, error, critical, not \"loud\""
            ])
    }
}

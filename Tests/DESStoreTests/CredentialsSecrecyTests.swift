import DESCore
import TestServers
import Testing

@testable import DESStore

@Suite("Secrets stay secret")
struct CredentialsSecrecyTests {
    /// All that is printed of a value somewhere: descriptions, what a debugger shows, `dump`.
    private func shown(_ value: some Any) -> String {
        var text = "\(value) \(String(reflecting: value))"
        dump(value, to: &text)
        return text
    }

    /// No part of a planted secret of eight characters or more is in it: a cut one is as bad.
    private func leaks(_ text: String) -> Bool {
        [plantedSecret, plantedToken].contains { secret in
            (0...(secret.count - 8)).contains { text.contains(secret.dropFirst($0).prefix(8)) }
        }
    }

    @Test("nothing that holds them shows them")
    func values() async throws {
        let credentials = Credentials(
            accessKeyID: "KEY", secret: plantedSecret, sessionToken: plantedToken,
            expiry: Timestamp("2030-01-31T09:05:00Z"))
        #expect(credentials.description == "KEY, expires 2030-01-31T09:05:00.000000000Z")
        #expect(leaks(credentials.secret.value), "the test can see a leak")
        var world = try World()
        for place in CredentialPlace.allCases { try place.setUp(&world) }
        let profile = try await Profile.load(world.environment)
        let values: [Any] = [
            credentials, [credentials], Optional(credentials) as Any, CredentialFinding.found(credentials),
            credentials.secret, world.environment, profile, profile["aws_secret_access_key"] as Any, world.chain(),
            CredentialSource(credentials), ["a": credentials],
        ]
        for value in values { #expect(!leaks(shown(value)), "\(type(of: value))") }
    }

    @Test("no error shows them, wherever an answer or a file is cut or changed", arguments: 0..<8 as Range<UInt64>)
    func errors(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        for place in CredentialPlace.allCases {
            var errorCount = 0
            for _ in 0..<60 {
                var world = try World()
                try place.setUp(&world)
                try damage(&world, place, &random)
                for attempt in [
                    { @Sendable [world] in _ = try await world.chain().credentials() },
                    { @Sendable [world] in _ = try await S3Settings.load(world.environment) },
                ] {
                    do {
                        try await attempt()
                    } catch {
                        errorCount += 1
                        #expect(!leaks(shown(error)), "seed \(seed), \(place): \(error)")
                    }
                }
            }
            #expect(errorCount >= 10, "seed \(seed), \(place): the damage provoked hardly anything")
        }
    }

    /// Cuts, changes or doubles one byte where the secrets of `place` come from.
    private func damage(_ world: inout World, _ place: CredentialPlace, _ random: inout SeededGenerator) throws {
        func damaged(_ text: String) -> String {
            var bytes = Array(text.utf8)
            let index = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<3, using: &random) {
            case 0: bytes = Array(bytes[..<index])
            case 1:
                bytes[index] =
                    [0x00, 0x0A, 0x20, 0x22, 0x3C, 0x3D, 0x5B, 0x7B, 0xFF].randomElement(using: &random) ?? 0
            default: bytes.insert([0x0A, 0x20, 0x22, 0x26, 0x3C].randomElement(using: &random) ?? 0, at: index)
            }
            return String(decoding: bytes, as: UTF8.self)
        }
        let status = [200, 200, 200, 400, 403, 500].randomElement(using: &random) ?? 200
        switch place {
        case .environment:
            let name = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"].randomElement(using: &random) ?? ""
            world.variables[name] = world.variables[name].map(damaged)
        case .webIdentity:
            try world.home.write(damaged(plantedToken), to: "token")
            world.web.answer("POST " + CredentialPlace.tokenService, status, damaged(CredentialPlace.xml(key: "K")))
        case .profile:
            let keys = "aws_access_key_id = K\naws_secret_access_key = \(plantedSecret)\n"
            let endpoint = "endpoint_url = https://user:\(plantedSecret)@host\n"
            let settings = damaged("[default]\n" + [keys, endpoint].shuffled(using: &random).joined())
            let process = "[default]\ncredential_process = cat ~/answer; : \(plantedSecret)\n"
            let answer = CredentialPlace.json(key: "K", more: "\"Version\":1,", token: "SessionToken")
            try world.home.write(damaged(answer), to: "answer")
            try world.home.write(Bool.random(using: &random) ? settings : process, to: ".aws/credentials")
            world.variables["AWS_ENDPOINT_URL_S3"] = damaged("https://host/\(plantedSecret)?\(plantedToken)")
        case .container:
            world.variables["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = damaged(plantedToken)
            world.web.answer("GET http://169.254.170.2/v2/id", status, damaged(CredentialPlace.json(key: "K")))
        case .instance:
            let role = "\(CredentialPlace.metadata)meta-data/iam/security-credentials/the-role"
            world.web.answer("PUT \(CredentialPlace.metadata)api/token", 200, damaged(plantedToken))
            world.web.answer("GET " + role, status, damaged(CredentialPlace.json(key: "K")))
        }
    }

    @Test("an endpoint with a password or a token in it is refused without quoting it")
    func endpoints() async throws {
        let world = try World()
        for url in [
            "https://user:\(plantedSecret)@host", "https://\(plantedSecret)@host", "https://host/?t=\(plantedToken)",
            "https://host:\(plantedSecret)", "\(plantedSecret)://host", "https://host/ \(plantedSecret)",
        ] {
            for name in [
                "AWS_ENDPOINT_URL_S3", "AWS_EC2_METADATA_SERVICE_ENDPOINT", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            ] {
                var world = world
                world.variables[name] = url
                do {
                    _ = try await S3Settings.load(world.environment)
                    _ = try await world.chain().credentials()
                } catch { #expect(!leaks(shown(error)), "\(name)") }
            }
        }
    }
}

import DESCore
import Testing

@testable import DESStore

@Suite("Profiles")
struct CredentialsProfileTests {
    private func parse(_ text: String) throws -> [String: [String: String]] {
        try ProfileFile(parsing: Array(text.utf8), path: "config").sections.mapValues { $0.mapValues(\.value) }
    }

    // MARK: The file

    @Test("sections, settings, comments, blanks and continued values are read as the SDKs read them")
    func dialect() throws {
        let sections = try parse(
            """
            # comment
            ; comment
              # indented comment
            [default]  ; comment
            Region = eu-central-1   # comment
            a=1
            hash=1#2;3
            b\t=\t x = y ;comment
            empty =
            c = # all comment

            s3 =
              addressing_style = path
            \tmax = 3

            [profile \t two  words]#comment\r
            a = é\r
            a = later
            [default]
            a = again
            """)
        #expect(
            sections == [
                "default": [
                    "region": "eu-central-1", "a": "again", "hash": "1#2;3", "b": "x = y", "empty": "", "c": "",
                    "s3": "\naddressing_style = path\nmax = 3",
                ],
                "profile two words": ["a": "later"],
            ])
        #expect(try parse("").isEmpty)
        #expect(try parse("[empty]") == ["empty": [:]])
    }

    @Test(
        "a malformed file is refused with file and line, and its text is not quoted",
        arguments: [
            ("\nkey = pLaNtEd", "config:2: expected a section such as [default] first"),
            ("[default]\npLaNtEd", "config:2: expected name = value"),
            (
                "[default]\r\n\r\n = pLaNtEd",
                "config:3: a line that begins with a blank continues a setting, and there is "
                    + "none before it"
            ),
            ("[default]\n= pLaNtEd", "config:2: a setting has no name"),
            (
                "[a]\nb = c\n[default]\n  pLaNtEd = x",
                "config:4: a line that begins with a blank continues a setting, and "
                    + "there is none before it"
            ),
            ("[default", "config:1: expected a section such as [default], and no more"),
            ("[default] pLaNtEd", "config:1: expected a section such as [default], and no more"),
            ("[ ]", "config:1: a section has no name"),
        ])
    func malformed(text: String, message: String) {
        let error = #expect(throws: DESError.self) { try ProfileFile(parsing: Array(text.utf8), path: "config") }
        #expect(error?.description == message)
        #expect(error?.code == .invalidArgument)
    }

    @Test("bytes that are not UTF-8 are refused with their line")
    func notUTF8() {
        let error = #expect(throws: DESError.self) {
            try ProfileFile(parsing: Array("[a]\nb = ".utf8) + [0xFF], path: "config")
        }
        #expect(error?.description == "config:2: expected UTF-8")
    }

    // MARK: The choice

    private func keys(_ name: String) -> String {
        "aws_access_key_id=\(name)\naws_secret_access_key=\(plantedSecret)\n"
    }

    @Test("[x] counts in the credentials file, [profile x] in the config file, and the credentials file goes first")
    func twoFiles() async throws {
        var world = try World()
        world.variables["AWS_PROFILE"] = "x"
        try world.home.write("[x]\n\(keys("no"))[default]\n\(keys("no"))", to: ".aws/config")
        try world.home.write("[profile x]\n\(keys("no"))", to: ".aws/credentials")
        let home = world.home.path
        let failure = await world.failure()
        #expect(
            failure?.message
                == "AWS_PROFILE: there is no profile \"x\" in \(home)/.aws/credentials or \(home)/.aws/config")

        try world.home.write("[profile x]\n\(keys("config"))aws_session_token=\(plantedToken)", to: ".aws/config")
        let inConfig = try await world.chain().credentials()
        #expect(inConfig.accessKeyID == "config" && inConfig.sessionToken?.value == plantedToken)

        try world.home.write("[x]\n\(keys("credentials"))", to: ".aws/credentials")
        let inBoth = try await world.chain().credentials()
        #expect(inBoth.accessKeyID == "credentials")
        #expect(inBoth.sessionToken == nil, "a token of the other file's keys")
    }

    @Test("in the config file [profile default] goes before [default]")
    func defaultProfile() async throws {
        let world = try World()
        try world.home.write("[profile default]\n\(keys("A"))[default]\n\(keys("B"))", to: ".aws/config")
        #expect(try await world.chain().credentials().accessKeyID == "A")
        try world.home.write("[default]\n\(keys("B"))", to: ".aws/config")
        #expect(try await world.chain().credentials().accessKeyID == "B")
    }

    @Test("the files are where the variables say, also below ~")
    func places() async throws {
        var world = try World()
        try world.home.write("[default]\n\(keys("A"))", to: "one")
        world.variables["AWS_SHARED_CREDENTIALS_FILE"] = "~/one"
        #expect(try await world.chain().credentials().accessKeyID == "A")
        world.variables["AWS_SHARED_CREDENTIALS_FILE"] = "/nowhere/at/all"
        world.variables["AWS_CONFIG_FILE"] = world.home.path + "/one"
        #expect(try await world.chain().credentials().accessKeyID == "A")
        world.variables["HOME"] = nil
        world.variables["AWS_CONFIG_FILE"] = nil
        world.variables["AWS_SHARED_CREDENTIALS_FILE"] = nil
        #expect(
            await world.failure()?.message
                .contains("profile: there is no profile \"default\" in any file, as HOME is not set") == true)
    }

    @Test("a malformed file is an error even if a later place would do")
    func malformedInChain() async throws {
        var world = try World()
        try CredentialPlace.instance.setUp(&world)
        try world.home.write("[default]\n\(plantedSecret)", to: ".aws/config")
        #expect(await world.failure()?.description == "\(world.home.path)/.aws/config:2: expected name = value")
    }

    @Test("half a pair of keys is an error at the half that is there")
    func halfKeys() async throws {
        let world = try World()
        try world.home.write("[default]\nregion=x\naws_access_key_id=A\n", to: ".aws/credentials")
        try world.home.write("[default]\n\(keys("B"))", to: ".aws/config")
        #expect(
            await world.failure()?.description
                == "\(world.home.path)/.aws/credentials:3: aws_access_key_id is set, but "
                + "aws_secret_access_key is not")
    }

    @Test("a role with a web identity is taken")
    func webIdentityRole() async throws {
        let world = try World()
        let token = try world.home.write("t", to: "token")
        let text = "[default]\nrole_arn=arn\nrole_session_name=me\nweb_identity_token_file=\(token)\nregion=eu-west-1\n"
        try world.home.write(text + keys("no"), to: ".aws/config")
        world.web.answer("POST https://sts.eu-west-1.amazonaws.com/", 200, CredentialPlace.xml(key: "K"))
        #expect(try await world.chain().credentials().accessKeyID == "K")
        let body = try #require(world.web.requests.first).body
        #expect(String(decoding: body, as: UTF8.self).contains("RoleSessionName=me&"))
    }

    @Test(
        "what is not supported is said so at its line, and is not passed over for keys beside it or a later place",
        arguments: [
            "role_arn = arn\nsource_profile = base", "role_arn = arn\ncredential_source = Environment",
            "role_arn = arn",
            "sso_session = s", "sso_start_url = https://example.com", "login_session = arn",
        ])
    func unsupported(setting: String) async throws {
        var world = try World()
        try CredentialPlace.instance.setUp(&world)
        let beside = setting.hasPrefix("role_arn") ? keys("no") : "credential_process = false\n"
        try world.home.write("[default]\n\(setting)\n\(beside)", to: ".aws/config")
        let failure = await world.failure()
        #expect(failure?.code == .unsupported)
        #expect(failure?.place == world.home.path + "/.aws/config:2")
    }

    @Test("a profile without credentials leaves it to the next place")
    func noCredentials() async throws {
        var world = try World()
        try CredentialPlace.instance.setUp(&world)
        try world.home.write("[default]\nregion = eu-west-1\naws_access_key_id =\n", to: ".aws/config")
        #expect(try await world.chain().credentials().accessKeyID == "instance")
    }

    // MARK: credential_process

    private func process(_ command: String, timeout: Duration = .seconds(60)) async throws -> Credentials {
        let process = CredentialProcess(
            command: ProfileFile.Setting(value: command, place: "config:7"),
            environment: Environment([
                "PATH": "/usr/bin:/bin", "ANSWER": CredentialPlace.json(key: "P", token: "SessionToken"),
            ]),
            timeout: timeout)
        return try await process.credentials()
    }

    @Test("a program's answer is taken, run by a shell with the variables of the environment")
    func program() async throws {
        let world = try World()
        let answer = CredentialPlace.json(key: "P", more: #""Version":1,"#, token: "SessionToken")
        let file = try world.home.write(answer, to: "an answer")
        try world.home.write("[default]\ncredential_process = cat \"$HOME/an answer\" | cat # no\n", to: ".aws/config")
        let found = try await world.chain().credentials()
        #expect(found.accessKeyID == "P" && found.secret.value == plantedSecret && !file.isEmpty)
        #expect(found.sessionToken?.value == plantedToken && found.expiry == Timestamp("2030-01-31T09:05:00Z"))
    }

    @Test("its standard input is /dev/null, not what the command itself reads")
    func standardInput() async throws {
        let found = try await process(
            #"test "$(readlink /proc/$$/fd/0)" = /dev/null && echo "{\"Version\":1,${ANSWER#?}""#)
        #expect(found.accessKeyID == "P")
    }

    @Test(
        "a program that fails, or answers otherwise, is an error that does not quote it",
        arguments: [
            ("echo pLaNtEdSeCrEt >&2; exit 3", "failed: exit status 3"), ("kill -9 $$", "failed: ended by signal 9"),
            ("true", "not JSON: expected a value (at byte 0)"),
            ("echo '{}'", "expected a JSON object with \"Version\": 1"),
            (#"echo "{\"Version\":2,${ANSWER#?}""#, "expected a JSON object with \"Version\": 1"),
            (#"echo "{\"Version\":1}""#, "expected a JSON object with \"AccessKeyId\""),
            (#"echo "{\"Version\":1,\"AccessKeyId\":7}""#, "\"AccessKeyId\" is no string"),
            ("cat /dev/zero", "printed more than 65536 bytes"), ("nowhere-to-be-found", "failed: exit status 127"),
        ])
    func failingProgram(command: String, message: String) async {
        let error = await #expect(throws: DESError.self) { try await process(command + " 2> /dev/null") }
        #expect(error?.description == "config:7: credential_process: " + message)
    }

    @Test(
        "a program that is not done in time is ended, whether it keeps its output open or not",
        arguments: ["sleep 1000", "sleep 1000 >&-", "exec >&-; sleep 1000", "sleep 1000 | sleep 1000"])
    func late(command: String) async {
        let error = await #expect(throws: DESError.self) { try await process(command, timeout: .milliseconds(50)) }
        #expect(error?.code == .unavailable)
        #expect(error?.message == "not done after 0.05 seconds")
    }
}

import Foundation

/// Moto's server, which plays AWS on a port of its own: it judges signatures, users' and roles' policies, and who may
/// assume a role, as AWS does.
package final class MotoServer: Sendable {
    private let server: PythonServer
    private let facts: Facts

    package struct Key: Decodable, Sendable {
        package let id: String
        package let secret: String
        package let token: String?

        package init(id: String, secret: String, token: String? = nil) {
            self.id = id
            self.secret = secret
            self.token = token
        }
    }

    private struct Facts: Decodable, Sendable {
        let url: String
        let puller: Key
        let assumer: Key
        let session: Key
        let role: String
        let podRole: String
    }

    package var url: String { facts.url }
    /// A user who has the policy for pulling.
    package var puller: Key { facts.puller }
    /// A user who may assume ``role``, and nothing else.
    package var assumer: Key { facts.assumer }
    /// A session of ``role``.
    package var session: Key { facts.session }
    /// A role that has the policy, and wants to be told ``externalID``.
    package var role: String { facts.role }
    /// A role that has the policy, for service accounts.
    package var podRole: String { facts.podRole }
    package static let externalID = "agreed"
    /// The password that moto's ECR gives to everyone who may ask for one.
    package static let password = "123456789012-auth-token"

    /// - Parameters:
    ///   - policy: the IAM policy (JSON) of those who may pull.
    ///   - unchecked: how many requests are taken on trust before anything is judged: moto can't judge unsigned ones.
    package init(policy: String, unchecked: Int = 0) throws {
        server = try PythonServer(
            Self.script,
            [policy, Self.externalID, "\(unchecked)"],
            environment: ["INITIAL_NO_AUTH_ACTION_COUNT": "inf"]
        )
        do {
            facts = try JSONDecoder().decode(Facts.self, from: server.greeting)
        } catch {
            throw try server.failure("moto")
        }
    }

    private static let script = """
        import json
        import boto3, urllib.request
        from moto.server import DomainDispatcherApplication, create_backend_app
        from werkzeug.serving import make_server

        policy, external, unchecked = sys.argv[1:]
        server = make_server("127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), threaded=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = "http://127.0.0.1:%d" % server.port
        known = dict(endpoint_url=url, region_name="us-east-1", aws_access_key_id="A" * 20, aws_secret_access_key="x")
        iam, sts = boto3.client("iam", **known), boto3.client("sts", **known)

        def document(**statement):
            return json.dumps({"Version": "2012-10-17", "Statement": [dict(Effect="Allow", **statement)]})

        def user(name, policy):
            arn = iam.create_user(UserName=name)["User"]["Arn"]
            iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=policy)
            key = iam.create_access_key(UserName=name)["AccessKey"]
            return arn, {"id": key["AccessKeyId"], "secret": key["SecretAccessKey"]}

        def role(name, trust):
            arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
            iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=policy)
            return arn

        _, puller = user("puller", policy)
        arn, assumer = user("assumer", document(Action="sts:AssumeRole", Resource="*"))
        condition = {"StringEquals": {"sts:ExternalId": external}}
        own = role("specman", document(Principal={"AWS": arn}, Action="sts:AssumeRole", Condition=condition))
        pod = role("pod", document(Principal={"Federated": "x"}, Action="sts:AssumeRoleWithWebIdentity"))
        session = sts.assume_role(RoleArn=own, RoleSessionName="test", ExternalId=external)["Credentials"]
        session = {"id": session["AccessKeyId"], "secret": session["SecretAccessKey"], "token": session["SessionToken"]}
        text = {"Content-Type": "text/plain"}
        urllib.request.urlopen(urllib.request.Request(url + "/moto-api/reset-auth", unchecked.encode(), text, method="POST"))
        facts = dict(url=url, puller=puller, assumer=assumer, session=session, role=own, podRole=pod)
        print(json.dumps(facts), flush=True)
        threading.Event().wait()
        """
}

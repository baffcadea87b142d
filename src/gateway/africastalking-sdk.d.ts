// The package has no types of its own, and @types/africastalking describes another shape. What a
// reply holds is not typed here: it is checked where it is read.
declare module "africastalking" {
  interface Sms {
    send(params: { to: string; message: string; from?: string }): Promise<unknown>;
  }
  export default function africastalking(options: { username: string; apiKey: string }): {
    readonly SMS: Sms;
  };
}

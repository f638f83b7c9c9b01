// Parts in stock, shared: `stock hold`, `stock put PART COUNT`, `stock take PART COUNT`, `stock list`. In C#.
// SPDX-License-Identifier: MIT
//
// The same program as examples/c/stock.c, on the same table: use both at once. It is one file of P/Invoke over the C
// functions, for .NET and for Mono:
//     mcs examples/dotnet/Stock.cs && LD_LIBRARY_PATH=build mono examples/dotnet/Stock.exe hold
// With .NET: `dotnet new console`, and this file in place of Program.cs. The library is found as libsamepage.so, or as
// samepage.dll on Windows (64 bit; of 32 bit its functions are __stdcall, which Winapi below is, too).
using System;
using System.Runtime.InteropServices;
using System.Text;

static class Samepage
{
    const string Library = "samepage";
    const CallingConvention Convention = CallingConvention.Winapi;
    public const int Ok = 0, NoKey = 21, Conflict = 14;
    public const long Patience = 5000000000;

    // size_t is UIntPtr; a text goes in as UTF-8 that ends with a zero (see Utf8), and out as a pointer to such.
    [DllImport(Library, CallingConvention = Convention)]
    static extern IntPtr samepage_error_message();
    [DllImport(Library, CallingConvention = Convention)]
    public static extern int samepage_table_create(byte[] place, IntPtr options, out IntPtr table);
    [DllImport(Library, CallingConvention = Convention)]
    public static extern int samepage_table_open(byte[] place, IntPtr options, out IntPtr table);
    [DllImport(Library, CallingConvention = Convention)]
    public static extern void samepage_table_close(IntPtr table);
    [DllImport(Library, CallingConvention = Convention)]
    public static extern int samepage_table_put(IntPtr table, byte[] key, UIntPtr keyBytes, byte[] value,
        UIntPtr valueBytes, long timeoutNs, out ulong version);
    [DllImport(Library, CallingConvention = Convention)]
    public static extern int samepage_table_get(IntPtr table, byte[] key, UIntPtr keyBytes, byte[] into,
        UIntPtr intoBytes, out UIntPtr sizeBytes, out ulong version);
    [DllImport(Library, CallingConvention = Convention)]
    public static extern int samepage_table_compare_exchange(IntPtr table, byte[] key, UIntPtr keyBytes, ulong expected,
        byte[] value, UIntPtr valueBytes, long timeoutNs, out ulong version);
    [DllImport(Library, CallingConvention = Convention)]
    public static extern int samepage_table_scan(IntPtr table, byte[] prefix, UIntPtr prefixBytes, out IntPtr scan);
    [DllImport(Library, CallingConvention = Convention)]
    public static extern int samepage_scan_next(IntPtr scan, out IntPtr key, out UIntPtr keyBytes, out IntPtr value,
        out UIntPtr valueBytes, out ulong version);
    [DllImport(Library, CallingConvention = Convention)]
    public static extern void samepage_scan_close(IntPtr scan);

    public static byte[] Utf8(string text)
    {
        return Encoding.UTF8.GetBytes(text + "\0");
    }

    public static string Text(IntPtr bytes, UIntPtr count)
    {
        var copy = new byte[(int)count];
        if (copy.Length > 0) Marshal.Copy(bytes, copy, 0, copy.Length);
        return Encoding.UTF8.GetString(copy);
    }

    // Of this thread's last failure.
    public static string Message()
    {
        IntPtr text = samepage_error_message();
        int count = 0;
        while (Marshal.ReadByte(text, count) != 0) ++count;
        return Text(text, (UIntPtr)count);
    }
}

// A table of texts under texts. Each call that fails throws what samepage says of it.
sealed class Table : IDisposable
{
    IntPtr handle;

    Table(int status, IntPtr opened)
    {
        Check(status);
        handle = opened;
    }

    public static Table Create(string place)
    {
        IntPtr opened;
        return new Table(Samepage.samepage_table_create(Samepage.Utf8(place), IntPtr.Zero, out opened), opened);
    }

    public static Table Open(string place)
    {
        IntPtr opened;
        return new Table(Samepage.samepage_table_open(Samepage.Utf8(place), IntPtr.Zero, out opened), opened);
    }

    public void Dispose()
    {
        Samepage.samepage_table_close(handle);
        handle = IntPtr.Zero;
    }

    public void Put(string key, string value)
    {
        byte[] k = Encoding.UTF8.GetBytes(key), v = Encoding.UTF8.GetBytes(value);
        ulong version;
        Check(Samepage.samepage_table_put(handle, k, (UIntPtr)k.Length, v, (UIntPtr)v.Length, Samepage.Patience,
            out version));
    }

    public string Get(string key, out ulong version)
    {
        byte[] k = Encoding.UTF8.GetBytes(key), into = new byte[4096];
        UIntPtr size;
        Check(Samepage.samepage_table_get(handle, k, (UIntPtr)k.Length, into, (UIntPtr)into.Length, out size,
            out version));
        return Encoding.UTF8.GetString(into, 0, (int)size);
    }

    // Whether nobody else has changed it since `expected`.
    public bool CompareExchange(string key, ulong expected, string value)
    {
        byte[] k = Encoding.UTF8.GetBytes(key), v = Encoding.UTF8.GetBytes(value);
        ulong version;
        int status = Samepage.samepage_table_compare_exchange(handle, k, (UIntPtr)k.Length, expected, v,
            (UIntPtr)v.Length, Samepage.Patience, out version);
        if (status != Samepage.Conflict) Check(status);
        return status == Samepage.Ok;
    }

    public void ForEach(Action<string, string> act)
    {
        IntPtr scan, key, value;
        UIntPtr keyBytes, valueBytes;
        ulong version;
        Check(Samepage.samepage_table_scan(handle, null, UIntPtr.Zero, out scan));
        try
        {
            int status;
            while ((status = Samepage.samepage_scan_next(scan, out key, out keyBytes, out value, out valueBytes,
                       out version)) == Samepage.Ok)
                act(Samepage.Text(key, keyBytes), Samepage.Text(value, valueBytes));
            if (status != Samepage.NoKey) Check(status);
        }
        finally
        {
            Samepage.samepage_scan_close(scan);
        }
    }

    static void Check(int status)
    {
        if (status != Samepage.Ok) throw new InvalidOperationException(Samepage.Message());
    }
}

static class Stock
{
    // Reads, subtracts, and puts it back only if nobody else has changed it meanwhile; else once more.
    static int Take(Table stock, string part, long count)
    {
        for (;;)
        {
            ulong version;
            string text = stock.Get(part, out version);
            string left = (long.Parse(text) - count).ToString();
            if (left.StartsWith("-"))
            {
                Console.Error.WriteLine("stock: there are only " + text);
                return 1;
            }
            if (!stock.CompareExchange(part, version, left)) continue;
            Console.WriteLine(left);
            return 0;
        }
    }

    static int Run(string[] words)
    {
        if (words.Length == 1 && words[0] == "hold")
        {
            using (Table.Create("stock"))
            {
                Console.WriteLine("holding the stock until Enter");
                Console.ReadLine();
            }
            return 0;
        }
        using (Table stock = Table.Open("stock"))
        {
            if (words.Length == 3 && words[0] == "take") return Take(stock, words[1], long.Parse(words[2]));
            if (words.Length == 3 && words[0] == "put") stock.Put(words[1], words[2]);
            else if (words.Length == 1 && words[0] == "list") stock.ForEach((k, v) => Console.WriteLine(k + " " + v));
            else
            {
                Console.Error.WriteLine("stock hold | put PART COUNT | take PART COUNT | list");
                return 2;
            }
        }
        return 0;
    }

    static int Main(string[] words)
    {
        try
        {
            return Run(words);
        }
        catch (InvalidOperationException failure)
        {
            Console.Error.WriteLine("stock: " + failure.Message);
            return 1;
        }
    }
}
